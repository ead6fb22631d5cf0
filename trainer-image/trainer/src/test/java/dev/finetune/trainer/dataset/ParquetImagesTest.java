package dev.finetune.trainer.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.api.CheckAction;
import dev.finetune.api.Checks;
import dev.finetune.api.Columns;
import dev.finetune.api.DataFormat;
import dev.finetune.api.DataSplit;
import dev.finetune.api.DatasetSpec;
import dev.finetune.api.FailureClass;
import dev.finetune.api.Finding;
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
import org.junit.jupiter.params.provider.CsvSource;

/** Images inside of Parquet files, which src/test/python/make_parquet_images.py makes. */
class ParquetImagesTest {
    private static final Path FILES = Path.of("src/test/resources/parquet");
    private static final List<String> COLOURS = List.of("blue", "green", "red");

    @TempDir
    private Path folder;

    private Path source = FILES.resolve("images.parquet");
    private DataFormat format = DataFormat.Parquet;
    private Columns columns = new Columns(null, null, "label", null, null, null, "image");
    private int ofEach = 3;
    private Optional<Path> test = Optional.empty();

    @Test
    void readsWhatPythonsDatasetsWritesWithTheNamesOfItsClasses() {
        Dataset data = read();

        assertThat(size(data)).isEqualTo(36);
        assertThat(data.info().labels()).isEqualTo(COLOURS);
        assertThat(data.info().findings()).extracting(Finding::check).containsOnly("SplitRepaired");
        assertThat(data.train())
                .allSatisfy(e -> assertThat(e.label()).isEqualTo(COLOURS.get((row(e) - 1) % COLOURS.size())));
    }

    @Test
    void readsBytesAloneWithLabelsThatAreTexts() {
        source = FILES.resolve("images-bytes.parquet");
        columns = new Columns(null, null, "colour", null, null, null, "png");

        assertThat(keys(read())).hasSize(36).isEqualTo(keys(whole()));
    }

    @Test
    void takesTheFilesOfTheHubOneAfterTheOther() throws IOException {
        format = DataFormat.HuggingFace;
        source = Files.createDirectories(folder.resolve("split"));
        Files.copy(FILES.resolve("images.parquet"), source.resolve("0000.parquet"));
        Files.copy(FILES.resolve("images-messy.parquet"), source.resolve("0001.parquet"));

        Dataset data = read();

        assertThat(keys(data)).isEqualTo(keys(whole()));
        assertThat(data.train())
                .allSatisfy(e -> assertThat(e.id()).startsWith("photos/0000.parquet:"))
                .hasSizeGreaterThan(10);
        assertThat(finding(data, "Unreadable").message()).contains("0001.parquet, row 5: ");
        assertThat(finding(data, "Duplicates").message()).contains("photos/0001.parquet:1 (as photos/0000.parquet:1)");
    }

    @Test
    void whatIsStoredAreTheFilesByteForByte() throws IOException {
        Workspace workspace = new Workspace(folder.resolve("workspace"));
        Dataset data = read();
        data.write(workspace);

        List<Example> stored = ExampleFile.read(workspace.train().resolve("train.jsonl"));
        List<byte[]> written = images();
        assertThat(stored)
                .hasSameSizeAs(data.train())
                .allSatisfy(e -> assertThat(e.image().read()).isEqualTo(written.get(row(e) - 1)));
    }

    @Test
    void rowsThatCannotBeUsedAreToldWithFileAndRow() {
        source = FILES.resolve("images-messy.parquet");
        ofEach = 1;
        test = Optional.of(FILES.resolve("images.parquet"));

        Dataset data = read(new DataSplit("file:test", null), new DataSplit("file:test", null));

        assertThat(findings(data, "Unreadable")).singleElement().satisfies(f -> {
            assertThat(f.count()).isEqualTo(3);
            assertThat(f.message())
                    .contains("photos: 3 of 11 rows cannot be read as images", "row 5: it names 'elsewhere/3.png'")
                    .contains("row 7, cut.png: it ends too early", "row 8: it is of no known image format");
        });
        assertThat(findings(data, "Empty"))
                .extracting(Finding::message)
                .satisfiesExactly(
                        m -> assertThat(m).contains("2 rows have no image", "row 4; row 6"),
                        m -> assertThat(m).contains("2 rows have no label", "photos:9; photos:10"));
        assertThat(finding(data, "Duplicates").message()).contains("photos:11 (as photos:1)");
    }

    @ParameterizedTest
    @CsvSource({"paths, texts", "numbers, INT64", "groups, groups of [content]", "lists, groups of [list]"})
    void aColumnWithoutImagesIsRefusedWithWhatItHolds(String column, String holds) {
        source = FILES.resolve("images-none.parquet");
        columns = new Columns(null, null, "colour", null, null, null, column);

        assertThatThrownBy(this::read)
                .isInstanceOfSatisfying(
                        StageException.class, e -> assertThat(e.failure()).isEqualTo(FailureClass.InvalidData))
                .hasMessageContainingAll("photos: column '" + column + "'", "columns.image", holds, "{bytes, path}");
    }

    @Test
    void aMissingColumnIsRefusedWithThoseThatThereAre() {
        columns = new Columns(null, null, "label", null, null, null, "img");

        assertThatThrownBy(this::read)
                .hasMessageContainingAll("no column 'img'", "spec.dataset.columns.image", "'image'", "'label'");
    }

    /** However few row groups are read together, the rows are the same. */
    @ParameterizedTest
    @CsvSource({"images, image, label", "images-bytes, png, colour"})
    void rowGroupsAreReadAFewAtATime(String name, String image, String label) throws IOException {
        columns = new Columns(null, null, label, null, null, null, image);
        List<String> all = rows(name, Long.MAX_VALUE);

        assertThat(all).hasSize(36);
        assertThat(rows(name, 0)).isEqualTo(all);
        assertThat(rows(name, 5_000)).isEqualTo(all);
    }

    @Test
    void aDamagedFileIsRefusedWithoutEverHanging() throws IOException {
        byte[] whole = Files.readAllBytes(source);
        Random random = new Random(7);
        for (int i = 0; i < 100; i++) {
            byte[] damaged = i % 3 == 0 ? Arrays.copyOf(whole, random.nextInt(4, whole.length)) : whole.clone();
            for (int flips = 0; flips < 3; flips++) {
                damaged[random.nextInt(4, damaged.length)] = (byte) random.nextInt();
            }
            source = Files.write(folder.resolve("damaged.parquet"), damaged);
            try {
                read();
            } catch (StageException e) {
                assertThat(e.failure()).isEqualTo(FailureClass.InvalidData);
                assertThat(e).hasMessageContaining("photos");
            }
        }
    }

    private List<String> rows(String name, long together) throws IOException {
        List<String> all = new ArrayList<>();
        try (ParquetRows rows = new ParquetRows(name, FILES.resolve(name + ".parquet"), settings(), together)) {
            for (Optional<Row> row = rows.next(); row.isPresent(); row = rows.next()) {
                all.add(row.get() + " " + Arrays.hashCode(rows.image()));
            }
        }
        return all;
    }

    private List<byte[]> images() throws IOException {
        List<byte[]> all = new ArrayList<>();
        try (ParquetRows rows = new ParquetRows("photos", source, settings())) {
            for (Optional<Row> row = rows.next(); row.isPresent(); row = rows.next()) {
                all.add(rows.image());
            }
        }
        return all;
    }

    /** The row that an example stood in. */
    private static int row(Example example) {
        return Integer.parseInt(example.id().substring(example.id().lastIndexOf(':') + 1));
    }

    private static List<String> keys(Dataset data) {
        return java.util.stream.Stream.of(data.train(), data.validation(), data.test())
                .flatMap(List::stream)
                .map(Example::key)
                .sorted()
                .toList();
    }

    private Dataset whole() {
        source = FILES.resolve("images.parquet");
        columns = new Columns(null, null, "label", null, null, null, "image");
        format = DataFormat.Parquet;
        return read();
    }

    private static long size(Dataset data) {
        return data.info().train() + data.info().validation() + data.info().test();
    }

    private static Finding finding(Dataset data, String check) {
        return findings(data, check).getFirst();
    }

    private static List<Finding> findings(Dataset data, String check) {
        return data.info().findings().stream()
                .filter(f -> f.check().equals(check))
                .toList();
    }

    private ReadSettings settings() {
        return ReadSettings.of(Task.ImageClassification, spec(new DataSplit(null, "0.2"), new DataSplit(null, "0.2")));
    }

    private Dataset read() {
        return read(new DataSplit(null, "0.2"), new DataSplit(null, "0.2"));
    }

    private Dataset read(DataSplit validation, DataSplit testSplit) {
        Optional<Dataset.NamedFile> other = test.map(file -> new Dataset.NamedFile("test", file));
        return Dataset.read(
                Task.ImageClassification,
                spec(validation, testSplit),
                new Dataset.Sources(
                        new Dataset.NamedFile("photos", source), other, other, Optional.of(folder.resolve("scratch"))));
    }

    private DatasetSpec spec(DataSplit validation, DataSplit testSplit) {
        return new DatasetSpec(
                format,
                null,
                columns,
                null,
                validation,
                testSplit,
                null,
                null,
                new Checks(
                        CheckAction.Ignore,
                        null,
                        CheckAction.Ignore,
                        CheckAction.Ignore,
                        CheckAction.Remove,
                        null,
                        ofEach,
                        null));
    }
}
