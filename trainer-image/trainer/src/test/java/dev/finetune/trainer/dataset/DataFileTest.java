package dev.finetune.trainer.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.api.CheckAction;
import dev.finetune.api.Checks;
import dev.finetune.api.Columns;
import dev.finetune.api.CsvDialect;
import dev.finetune.api.DataFormat;
import dev.finetune.api.DatasetSpec;
import dev.finetune.api.FailureClass;
import dev.finetune.api.Finding;
import dev.finetune.api.Task;
import dev.finetune.api.run.StageException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.assertj.core.api.AbstractThrowableAssert;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DataFileTest {
    @TempDir
    Path folder;

    private DataFormat format = DataFormat.CSV;
    private @Nullable CsvDialect dialect;
    private Columns columns = new Columns("text", "label");
    private @Nullable Checks checks;
    private final Findings findings = new Findings();

    @ParameterizedTest
    @ValueSource(strings = {"UTF-8", "UTF-16", "UTF-16LE", "UTF-16BE", "UTF-32", "GB18030"})
    void dropsAByteOrderMark(String encoding) {
        dialect = new CsvDialect(null, null, null, encoding);
        assertThat(read("\uFEFFtext,label\nnaïve 😀,a\n".getBytes(Charset.forName(encoding))))
                .containsExactly(new Example("f:2", ExampleKey.of("naïve 😀"), "naïve 😀", "a"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"\n", "\r\n", "\r"})
    void countsLinesTheWayAnEditorDoes(String end) {
        List<Example> examples = read(String.join(end, "text,label", "\"two", "lines\",a", "", "third,b", ""));
        assertThat(examples).extracting(Example::id).containsExactly("f:2", "f:5");
        assertThat(examples.getFirst().text()).isEqualTo("two" + end + "lines");
    }

    @Test
    void readsColumnsByNumberWhereThereIsNoHeader() {
        format = DataFormat.TSV;
        dialect = new CsvDialect(null, "None", false, null);
        columns = new Columns("1", "0");
        assertThat(read("ham\t\"unbalanced\nspam\t\"\"win\"\" it\n"))
                .extracting(Example::text)
                .containsExactly("\"unbalanced", "\"\"win\"\" it");
        columns = new Columns("2", "0");
        assertRefused("ham\tx\n").hasMessageContainingAll("no column 2", "0 to 1");
    }

    @Test
    void readsOtherQuotesAndDelimiters() {
        dialect = new CsvDialect(";", "'", null, null);
        assertThat(read("label;text\na;'it''s; fine'\n"))
                .extracting(Example::text)
                .containsExactly("it's; fine");
    }

    @Test
    void decodesTheEncodingThatIsNamedAndRefusesAnother() {
        byte[] spanish = "text,label\nniño,a\nnada,b\n".getBytes(Charset.forName("windows-1252"));
        assertThatThrownBy(() -> read(spanish)).hasMessageContainingAll("f: 1 of 2 rows", "line 2", "'text'", "UTF-8");
        dialect = new CsvDialect(null, null, null, "windows-1252");
        assertThat(read(spanish)).extracting(Example::text).containsExactly("niño", "nada");
    }

    @Test
    void namesTheFirstLinesThatAreNotInTheEncoding() throws IOException {
        ByteArrayOutputStream mixed = new ByteArrayOutputStream();
        mixed.write("text,label\n".getBytes(StandardCharsets.UTF_8));
        for (int i = 0; i < 50; i++) {
            mixed.write(
                    ("señal " + i + ",a\n").getBytes(i < 30 ? StandardCharsets.UTF_8 : StandardCharsets.ISO_8859_1));
        }
        assertThatThrownBy(() -> read(mixed.toByteArray()))
                .hasMessageContainingAll("20 of 50 rows", "line 32", "15 more");
        checks = new Checks(null, null, null, null, CheckAction.Remove, null, null, null);
        assertThat(read(mixed.toByteArray())).hasSize(30);
        assertThat(findings.all()).extracting(Finding::count).containsExactly(20L);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "text,label\\nfine,a\\n\"never closed,b\\nmore,a|line 3|never closed",
                "text,label\\nfine,a\\n\"closed\"too early,b|line 3|follows a closing quote",
                "text,label\\nsay \"hi\" now,a|line 2|unquoted field",
                "text,label\\na,b,c\\nd|line 2: it has 3 fields|line 3: it has 1 field ",
                "text,label,text\\na,b,c|'text' twice|rename",
                "Text,Label\\na,b|'Text', 'Label'|no column 'text'",
                "text;label\\na;b|'text;label'|delimiter",
                "text,label\\nnul\\0byte,b|line 2|NUL",
                "text,label\\n|no rows|f",
                "text,label\\n , \\n|no row with text and label|1 rows",
                "\\n\\n|is empty|header",
            })
    void saysWhatIsWrongAndWhere(String content, String first, String second) {
        assertRefused(content.replace("\\n", "\n").replace("\\0", "\0")).hasMessageContainingAll("f", first, second);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"text\":\"x\",\"label\":\"a\"}\\nnot json|line 2",
                "{\"text\":\"x\",\"label\":\"a\"} {}|line 1",
                "{\"text\":\"x\",\"text\":\"y\",\"label\":\"a\"}|line 1",
                "[\"x\",\"a\"]|not an object",
                "{\\n\"text\":\"x\",\"label\":\"a\"}|line 1",
                "{\"text\":\"x\"}|no key 'label'",
                "{\"text\":[\"x\"],\"label\":\"a\"}|key 'text' holds a list",
                "{\"text\":\"\\u005cud83d\",\"label\":\"a\"}|half of a surrogate pair",
                "{\"text\":\"\\u005cu0000\",\"label\":\"a\"}|NUL",
            })
    void saysWhatIsWrongInJsonLines(String content, String message) {
        format = DataFormat.JSONLines;
        assertRefused(content.replace("\\n", "\n").replace("\\u005c", "\\")).hasMessageContaining(message);
    }

    @Test
    void takesJsonValuesAsTheyAreWritten() {
        format = DataFormat.JSONLines;
        assertThat(
                        read(
                                "\uFEFF{\"label\":1,\"text\":\"x\",\"more\":{}}\r\n\r\n{\"text\":2.50,\"label\":true}\n{\"text\":null,\"label\":\"a\"}\n"))
                .extracting(Example::id, Example::text, Example::label)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple("f:1", "x", "1"),
                        org.assertj.core.groups.Tuple.tuple("f:3", "2.50", "true"));
        assertThat(findings.all()).extracting(Finding::check).containsExactly("Empty");
    }

    @Test
    void survivesDeepNestingAndAnEndlessLine() {
        format = DataFormat.JSONLines;
        checks = new Checks(null, null, null, null, CheckAction.Remove, null, null, null);
        String deep = "{\"text\":" + "[".repeat(200_000) + "]".repeat(200_000) + ",\"label\":\"a\"}";
        String endless = "{\"text\":\"" + "x".repeat(RowReader.MAX_ROW_LENGTH + 1) + "\",\"label\":\"a\"}";
        assertThat(read(deep + "\n" + endless + "\n{\"text\":\"x\",\"label\":\"a\"}\n"))
                .extracting(Example::id)
                .containsExactly("f:3");
        assertThat(findings.all()).extracting(Finding::count).containsExactly(2L);
    }

    @Test
    void doesNotLoadAWholeFileForOneQuote() throws IOException {
        Path file = folder.resolve("endless.csv");
        try (OutputStream out = Files.newOutputStream(file)) {
            out.write("text,label\nfine,a\n\"".getBytes(StandardCharsets.UTF_8));
            byte[] line = "no quote will ever come,b\n".repeat(40_000).getBytes(StandardCharsets.UTF_8);
            for (int i = 0; i < 40; i++) {
                out.write(line);
            }
        }
        assertThatThrownBy(() -> read(file))
                .isInstanceOf(StageException.class)
                .hasMessageContainingAll("line 3", "longer than");
    }

    @Test
    void refusesOtherFormatsByName() throws IOException {
        ByteArrayOutputStream gzip = new ByteArrayOutputStream();
        try (OutputStream out = new GZIPOutputStream(gzip)) {
            out.write("text,label\nx,a\n".getBytes(StandardCharsets.UTF_8));
        }
        assertThatThrownBy(() -> read(gzip.toByteArray())).hasMessageContainingAll("gzip", "unpack it");
        assertRefused("PK\3\4rest").hasMessageContaining("zip archive");
        assertRefused("PAR1rest").hasMessageContaining("Parquet");
        assertRefused("").hasMessageContaining("0 bytes");
    }

    @Test
    void neverMakesAClassWithoutAName() {
        checks = new Checks(null, null, null, null, null, CheckAction.Ignore, null, null);
        assertThat(read("text,label\nx,\n,a\ny,a\n")).extracting(Example::label).containsExactly("a", "a");
        checks = new Checks(null, null, null, null, null, CheckAction.Fail, null, null);
        assertRefused("text,label\nx,\ny,a\n").hasMessageContaining("no label");
    }

    @ParameterizedTest
    @CsvSource({
        "'caf\u00e9','cafe\u0301'",
        "'STRASSE','straße'",
        "'a  b','A\u00a0\tb'",
        "' x ','x'",
        "'\u03a3\u03a3','\u03c3\u03c2'"
    })
    void takesTextsForEqualThatDifferInNothingElse(String a, String b) {
        assertThat(ExampleKey.of(a)).isEqualTo(ExampleKey.of(b)).matches("[0-9a-f]{16}");
    }

    @Test
    void refusesSettingsThatCannotBe() {
        dialect = new CsvDialect(",", ",", null, null);
        assertInvalidSpec("must differ");
        dialect = new CsvDialect("ab", null, null, null);
        assertInvalidSpec("delimiter is 'ab'");
        dialect = new CsvDialect(null, null, null, "utf-7-ish");
        assertInvalidSpec("not a known character set");
        dialect = new CsvDialect(null, null, false, null);
        assertInvalidSpec("zero-based numbers");
        dialect = null;
        columns = new Columns("x", "x");
        assertInvalidSpec("different columns");
    }

    private void assertInvalidSpec(String message) {
        assertThatThrownBy(() -> read("text,label\nx,a\n"))
                .isInstanceOfSatisfying(
                        StageException.class, e -> assertThat(e.failure()).isEqualTo(FailureClass.InvalidSpec))
                .hasMessageContaining(message);
    }

    private AbstractThrowableAssert<?, ? extends Throwable> assertRefused(String content) {
        return assertThatThrownBy(() -> read(content))
                .isInstanceOfSatisfying(
                        StageException.class, e -> assertThat(e.failure()).isEqualTo(FailureClass.InvalidData));
    }

    private List<Example> read(String content) {
        return read(content.getBytes(StandardCharsets.UTF_8));
    }

    private List<Example> read(byte[] content) {
        try {
            return read(Files.write(folder.resolve("f"), content));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private List<Example> read(Path file) {
        DatasetSpec spec = new DatasetSpec(format, dialect, columns, null, null, null, null, null, null);
        return new DataFile("f", file)
                .read(ReadSettings.of(Task.TextClassification, spec), CheckSettings.of(checks), findings);
    }
}
