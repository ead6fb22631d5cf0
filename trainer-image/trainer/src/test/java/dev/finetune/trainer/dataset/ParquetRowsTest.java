package dev.finetune.trainer.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.api.Columns;
import dev.finetune.api.DataFormat;
import dev.finetune.api.DatasetSpec;
import dev.finetune.api.FailureClass;
import dev.finetune.api.Task;
import dev.finetune.api.run.StageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The files are made by src/test/python/make_parquet.py. */
class ParquetRowsTest {
    private static final Path FILES = Path.of("src/test/resources/parquet");

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"none", "snappy", "gzip", "zstd", "lz4", "pages-v2"})
    void readsEveryCompressionThatLibrariesWrite(String name) throws IOException {
        List<Row> rows = rows(name, "text", "label");
        assertThat(rows).hasSize(40).first().isEqualTo(new Row.Read(1, "review 0 ü 😀", "bad"));
        assertThat(rows).last().isEqualTo(new Row.Read(40, "review 39 ü 😀", "good"));
    }

    @Test
    void namesTheClassesThatTheFileNames() throws IOException {
        assertThat(rows("class-label", "text", "label")).first().isEqualTo(new Row.Read(1, "review 0 ü 😀", "bad"));
    }

    @Test
    void writesNumbersAndBooleansAsTextAndRefusesWhatIsNeither() throws IOException {
        assertThat(rows("types", "text", "label"))
                .satisfiesExactly(
                        r -> assertThat(r).isEqualTo(new Row.Read(1, "plain bytes", "true")),
                        r -> assertThat(((Row.Broken) r).problem()).contains("'text'", "UTF-8"),
                        r -> assertThat(r).isEqualTo(new Row.Read(3, "", "true")),
                        r -> assertThat(r).isEqualTo(new Row.Read(4, "d", "")));
        assertThat(rows("types", "stars", "score")).first().isEqualTo(new Row.Read(1, "1", "0.5"));
        assertThat(rows("types", "list", "stars"))
                .allSatisfy(r -> assertThat(((Row.Broken) r).problem()).contains("'list'"));
    }

    @Test
    void saysWhichColumnsThereAre() {
        assertThatThrownBy(() -> rows("none", "review", "label"))
                .isInstanceOf(StageException.class)
                .hasMessageContainingAll("'review'", "spec.dataset.columns.text", "'text'", "'tags'");
    }

    @Test
    void refusesADamagedFileWithoutEverHanging() throws IOException {
        byte[] whole = Files.readAllBytes(FILES.resolve("zstd.parquet"));
        Random random = new Random(7);
        for (int i = 0; i < 300; i++) {
            byte[] damaged = i % 3 == 0 ? Arrays.copyOf(whole, random.nextInt(4, whole.length)) : whole.clone();
            for (int flips = 0; flips < 3; flips++) {
                damaged[random.nextInt(4, damaged.length)] = (byte) random.nextInt();
            }
            Path file = Files.write(folder.resolve("damaged.parquet"), damaged);
            try {
                read(file, "text", "label");
            } catch (StageException e) {
                assertThat(e.failure()).isEqualTo(FailureClass.InvalidData);
                assertThat(e).hasMessageContaining("damaged.parquet");
            }
        }
    }

    @Test
    void refusesAnotherFormat() throws IOException {
        Path file = Files.writeString(folder.resolve("x.parquet"), "text,label\na,b\n");
        assertThatThrownBy(() -> read(file, "text", "label"))
                .hasMessageContainingAll("x.parquet", "not a Parquet file");
    }

    private static List<Row> rows(String name, String text, String label) throws IOException {
        return read(FILES.resolve(name + ".parquet"), text, label);
    }

    private static List<Row> read(Path file, String text, String label) throws IOException {
        ReadSettings settings = ReadSettings.of(
                Task.TextClassification,
                new DatasetSpec(
                        DataFormat.Parquet, null, new Columns(text, label), null, null, null, null, null, null));
        List<Row> rows = new ArrayList<>();
        try (RowReader reader = new DataFile(file.getFileName().toString(), file).open(settings)) {
            for (Optional<Row> row = reader.next(); row.isPresent(); row = reader.next()) {
                rows.add(row.get());
            }
        }
        return rows;
    }
}
