package dev.finetune.trainer.dataset;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.finetune.api.CheckAction;
import dev.finetune.api.Checks;
import dev.finetune.api.Columns;
import dev.finetune.api.CsvDialect;
import dev.finetune.api.DataFormat;
import dev.finetune.api.DatasetSpec;
import dev.finetune.api.Json;
import dev.finetune.api.Task;
import dev.finetune.api.run.StageException;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.jspecify.annotations.Nullable;

class ReaderPropertiesTest {
    private static final Columns COLUMNS = new Columns("text", "label");

    /** Hostile to every dialect: delimiters, quotes, line ends, marks, pairs, combining characters. */
    /** Folders of images are read by their files, not by rows. */
    @Provide
    Arbitrary<DataFormat> ofTexts() {
        return Arbitraries.of(DataFormat.class).filter(format -> format != DataFormat.ImageFolder);
    }

    @Provide
    Arbitrary<List<String>> cells() {
        return Arbitraries.of(
                        "a", "b", " ", ",", ";", "\t", "\"", "\"\"", "'", "\n", "\r\n", "\r", "\uFEFF", "😀", "e\u0301",
                        "ñ", "\u2028", "\\", "#", "=1+1")
                .list()
                .ofMaxSize(8)
                .map(parts -> String.join("", parts))
                .list()
                .ofMinSize(2)
                .ofMaxSize(12);
    }

    @Property(tries = 300)
    void whatIsWrittenByRfc4180IsRead(
            @ForAll("cells") List<String> cells,
            @ForAll("delimiters") String delimiter,
            @ForAll("quotes") String quote,
            @ForAll("ends") String end)
            throws IOException {
        CsvDialect dialect = new CsvDialect(delimiter, quote, null, null);
        StringBuilder csv = new StringBuilder("text" + delimiter + "label" + end);
        for (int i = 0; i + 1 < cells.size(); i += 2) {
            csv.append(quoted(cells.get(i), quote))
                    .append(delimiter)
                    .append(quoted(cells.get(i + 1), quote))
                    .append(end);
        }
        List<Row> rows = rows(csv.toString().getBytes(StandardCharsets.UTF_8), DataFormat.CSV, dialect);
        assertThat(rows).hasSize(cells.size() / 2);
        for (int i = 0; i < rows.size(); i++) {
            assertThat(rows.get(i)).isEqualTo(new Row.Read(rows.get(i).line(), cells.get(2 * i), cells.get(2 * i + 1)));
        }
    }

    @Property(tries = 200)
    void whatIsWrittenAsJsonIsRead(@ForAll("cells") List<String> cells, @ForAll("charsets") Charset charset)
            throws IOException {
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i + 1 < cells.size(); i += 2) {
            ObjectNode row = Json.MAPPER
                    .createObjectNode()
                    .put("label", cells.get(i + 1))
                    .put("text", cells.get(i));
            lines.append(Json.write(row)).append('\n');
        }
        // The spec has no encoding for JSON Lines: it is always UTF-8, so other charsets are read as delimited files
        // only.
        List<Row> rows = rows(lines.toString().getBytes(StandardCharsets.UTF_8), DataFormat.JSONLines, null);
        for (int i = 0; i < rows.size(); i++) {
            assertThat(rows.get(i)).isEqualTo(new Row.Read(i + 1, cells.get(2 * i), cells.get(2 * i + 1)));
        }
        String csv = "text,label\n" + quoted(cells.get(0), "\"") + "," + quoted(cells.get(1), "\"") + "\n";
        assertThat(rows(csv.getBytes(charset), DataFormat.CSV, new CsvDialect(null, null, null, charset.name())))
                .containsExactly(new Row.Read(2, cells.get(0), cells.get(1)));
    }

    @Property(tries = 500)
    void anyBytesEndInRowsOrInOneClearRefusal(
            @ForAll byte[] bytes, @ForAll("ofTexts") DataFormat format, @ForAll boolean quoting, @ForAll boolean header)
            throws IOException {
        assertEndsWell(bytes, format, quoting, header);
    }

    @Property(tries = 500)
    void aDamagedFileEndsInRowsOrInOneClearRefusal(
            @ForAll long seed, @ForAll("ofTexts") DataFormat format, @ForAll boolean quoting) throws IOException {
        Random random = new Random(seed);
        String sound = format == DataFormat.JSONLines
                ? "{\"text\":\"one\",\"label\":\"a\"}\n{\"text\":\"tw\\u00f6\",\"label\":\"b\"}\n".repeat(20)
                : format == DataFormat.CoNLL
                        ? "Ada\tB-PER\nsaw O\n\nNew B-LOC\nYork I-LOC\n\n".repeat(20)
                        : "text,label\n\"say \"\"hi\"\"\",a\nplain ñ,b\n".repeat(20);
        byte[] bytes = sound.getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < 1 + random.nextInt(8); i++) {
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
        }
        assertEndsWell(bytes, format, quoting, true);
    }

    private static void assertEndsWell(byte[] bytes, DataFormat format, boolean quoting, boolean header)
            throws IOException {
        CsvDialect dialect = format == DataFormat.CSV || format == DataFormat.TSV
                ? new CsvDialect(null, quoting ? null : "None", header, null)
                : null;
        Checks remove = new Checks(null, null, null, null, CheckAction.Remove, null, null, null);
        Path file = Files.createTempFile("reader", ".data");
        try {
            Files.write(file, bytes);
            List<Example> examples = new DataFile("f", file)
                    .read(settings(format, dialect, header), CheckSettings.of(remove), new Findings());
            // Nothing that cannot be stored, and nothing invented.
            assertThat(examples).allSatisfy(e -> {
                assertThat(StandardCharsets.UTF_8.newEncoder().canEncode(e.text() + e.label()))
                        .isTrue();
                assertThat(e.label()).isNotBlank();
            });
        } catch (StageException e) {
            assertThat(e.getMessage()).startsWith("f").hasSizeLessThan(2_000);
        } finally {
            Files.delete(file);
        }
    }

    private static List<Row> rows(byte[] bytes, DataFormat format, @Nullable CsvDialect dialect) throws IOException {
        Path file = Files.createTempFile("reader", ".data");
        try {
            Files.write(file, bytes);
            List<Row> rows = new ArrayList<>();
            try (RowReader reader = new DataFile("f", file).open(settings(format, dialect, true))) {
                for (Optional<Row> row = reader.next(); row.isPresent(); row = reader.next()) {
                    rows.add(row.get());
                }
            }
            return rows;
        } finally {
            Files.delete(file);
        }
    }

    private static ReadSettings settings(DataFormat format, @Nullable CsvDialect dialect, boolean header) {
        if (format == DataFormat.CoNLL) {
            Columns words = new Columns(null, null, null, null, "0", "1", null);
            return ReadSettings.of(
                    Task.TokenClassification, new DatasetSpec(format, null, words, null, null, null, null, null, null));
        }
        Columns columns = header || dialect == null ? COLUMNS : new Columns("0", "1");
        return ReadSettings.of(
                Task.TextClassification, new DatasetSpec(format, dialect, columns, null, null, null, null, null, null));
    }

    private static String quoted(String cell, String quote) {
        return quote + cell.replace(quote, quote + quote) + quote;
    }

    @Provide
    Arbitrary<String> delimiters() {
        return Arbitraries.of(",", ";", "\t", "|", " ");
    }

    @Provide
    Arbitrary<String> quotes() {
        return Arbitraries.of("\"", "'", "`");
    }

    @Provide
    Arbitrary<String> ends() {
        return Arbitraries.of("\n", "\r\n", "\r");
    }

    @Provide
    Arbitrary<Charset> charsets() {
        return Arbitraries.of(
                StandardCharsets.UTF_8,
                StandardCharsets.UTF_16,
                StandardCharsets.UTF_16BE,
                Charset.forName("GB18030"),
                Charset.forName("UTF-32"));
    }
}
