package dev.finetune.trainer.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.api.Answer;
import dev.finetune.api.CheckAction;
import dev.finetune.api.Checks;
import dev.finetune.api.Columns;
import dev.finetune.api.CsvDialect;
import dev.finetune.api.DataFormat;
import dev.finetune.api.DataSplit;
import dev.finetune.api.DatasetSpec;
import dev.finetune.api.FailureClass;
import dev.finetune.api.Finding;
import dev.finetune.api.Task;
import dev.finetune.api.run.StageException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Data whose examples may have any number of labels: how it is read, and what is checked. */
class LabelSetFilesTest {
    @TempDir
    Path folder;

    private DataFormat format = DataFormat.CSV;
    private @Nullable CsvDialect dialect;
    private @Nullable Checks checks;
    private final Findings findings = new Findings();

    @ParameterizedTest
    @CsvSource(
            delimiter = ' ',
            value = {
                "b|a [\"a\",\"b\"]",
                "a|b|a [\"a\",\"b\"]",
                "a [\"a\"]",
                "a,b [\"a,b\"]",
                "'' []",
            })
    void aFieldHoldsLabelsWithASeparatorBetween(String field, String expected) {
        assertThat(read("text,labels\nx,\"" + field + "\"\n"))
                .extracting(Example::label)
                .containsExactly(expected);
    }

    @Test
    void theSeparatorMayBeAnythingAndTheDelimiterToo() {
        dialect = new CsvDialect(null, null, null, null, ",");
        assertThat(read("text,labels\nx,\"b, a\"\ny,\" c \"\n"))
                .extracting(e -> e.labels(Answer.Labels))
                .containsExactly(List.of("a", "b"), List.of("c"));
        dialect = new CsvDialect(null, null, false, null, " and ");
        assertThat(read("x,b and a.c\n", new Columns("0", null, null, "1")))
                .extracting(e -> e.labels(Answer.Labels))
                .containsExactly(List.of("a.c", "b"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a||b", "|a", "a|", "a| |b", "|"})
    void nothingBetweenTwoSeparatorsIsNoLabel(String field) {
        assertThatThrownBy(() -> read("text,labels\nx,a\ny," + field + "\n"))
                .isInstanceOfSatisfying(
                        StageException.class, e -> assertThat(e.failure()).isEqualTo(FailureClass.InvalidData))
                .hasMessageContainingAll("f: 1 of 2 rows", "line 3", "column 'labels' holds an empty label");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "[\"b\", \"a\"];[\"a\",\"b\"]",
                "[];[]",
                "null;[]",
                "\"\";[]",
                "\"a|b\";[\"a|b\"]",
                "[3, true, 0.10];[\"0.10\",\"3\",\"true\"]",
            })
    void aLineHoldsAListOrOneLabel(String value, String expected) {
        format = DataFormat.JSONLines;
        assertThat(read("{\"text\": \"x\", \"labels\": " + value + "}\n"))
                .extracting(Example::label)
                .containsExactly(expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "[\"a\", null];a list with null in it where texts were expected",
                "[[\"a\"]];a list with a list in it where texts were expected",
                "[\"a\", {}];a list with an object in it where texts were expected",
                "{\"a\": 1};an object where a list of texts was expected",
                "[\"a\", \" \"];an empty label",
            })
    void whatIsNoListOfTextsIsRefusedWithItsLine(String value, String expected) {
        format = DataFormat.JSONLines;
        assertThatThrownBy(
                        () -> read("{\"text\": \"x\", \"labels\": []}\n{\"text\": \"x\", \"labels\": " + value + "}\n"))
                .isInstanceOfSatisfying(
                        StageException.class, e -> assertThat(e.failure()).isEqualTo(FailureClass.InvalidData))
                .hasMessageContainingAll("f: 1 of 2 rows", "line 2", "'labels'", expected);
    }

    @Test
    void parquetHoldsListsAndTheNamesOfTheirClasses() {
        Path files = Path.of("src/test/resources/parquet");
        format = DataFormat.Parquet;

        assertThat(read(files.resolve("label-lists.parquet")))
                .extracting(e -> e.labels(Answer.Labels))
                .containsExactly(List.of("a", "b"), List.of(), List.of(), List.of("c"));
        assertThat(read(files.resolve("class-label-lists.parquet")))
                .extracting(e -> e.labels(Answer.Labels))
                .containsExactly(List.of("bad", "good"), List.of("good"), List.of());
        checks = new Checks(null, null, null, null, CheckAction.Remove, null, null, null);
        assertThat(read(files.resolve("label-lists-broken.parquet"))).hasSize(1);
        assertThat(findings.all())
                .extracting(Finding::message)
                .singleElement()
                .asString()
                .contains("list of texts");
    }

    @Test
    void foldersGiveOneLabelAndAreRefused() {
        DatasetSpec spec = new DatasetSpec(DataFormat.TextFolder, null, null, null, null, null, null, null, null);

        assertThatThrownBy(() -> ReadSettings.of(Task.MultiLabelTextClassification, spec))
                .isInstanceOfSatisfying(
                        StageException.class, e -> assertThat(e.failure()).isEqualTo(FailureClass.InvalidSpec))
                .hasMessageContaining("TextFolder");
    }

    /** A set is the same in any order, so only other sets are conflicts. */
    @Test
    void equalTextsWithOtherSetsAreConflicts() throws IOException {
        StringBuilder csv = rows(40);
        csv.append("text 1,b|a\ntext 2,a\n");

        Dataset data = dataset(csv.toString(), rows(10).toString().replace("text ", "other "));

        assertThat(data.info().findings())
                .filteredOn(f -> "ConflictingLabels".equals(f.check()))
                .singleElement()
                .satisfies(f -> assertThat(f.message()).contains("1 texts", "[\"b\"]", "[\"a\"]"));
        assertThat(data.info().findings())
                .filteredOn(f -> "Duplicates".equals(f.check()))
                .singleElement()
                .satisfies(f -> assertThat(f.count()).isEqualTo(2));
    }

    @Test
    void everyLabelIsCountedAndSortedAndExamplesWithoutOneStay() throws IOException {
        Dataset data = dataset(rows(40).toString(), rows(10).toString().replace("text ", "other "));

        assertThat(data.info().labels()).containsExactly("a", "b");
        assertThat(data.info().train() + data.info().validation()).isEqualTo(40);
        assertThat(data.train())
                .anySatisfy(e -> assertThat(e.labels(Answer.Labels)).isEmpty());
    }

    @Test
    void aLabelThatTrainLacksOrHasTooFewOfIsRefused() {
        assertThatThrownBy(() -> dataset(rows(40).toString(), "text,labels\nnew,a|z\nmore,b\n"))
                .isInstanceOfSatisfying(
                        StageException.class, e -> assertThat(e.failure()).isEqualTo(FailureClass.InvalidData))
                .hasMessageContaining("test has labels that train lacks: 'z' in 1 rows, the first test:2.");
        assertThatThrownBy(() -> dataset(rows(40).append("last,a|rare\n").toString(), rows(5).toString()))
                .hasMessageContainingAll("1 of 3 labels have fewer than 8 training examples", "'rare' (1)");
        assertThatThrownBy(() ->
                        dataset(rows(40).toString().replaceAll("(?m)^(text \\d+),.*$", "$1,"), rows(5).toString()))
                .hasMessageContainingAll("no label", "spec.dataset.columns.labels");
    }

    /** Of four texts one has both labels, two have one, and one has none. */
    private static StringBuilder rows(int count) {
        StringBuilder csv = new StringBuilder("text,labels\n");
        for (int i = 0; i < count; i++) {
            csv.append("text ").append(i).append(',');
            csv.append(List.of("", "a|b", "b", "a").get(i % 4)).append('\n');
        }
        return csv;
    }

    private Dataset dataset(String train, String test) throws IOException {
        Path trainFile = Files.writeString(folder.resolve("train"), train);
        Path testFile = Files.writeString(folder.resolve("test"), test);
        DatasetSpec spec = new DatasetSpec(
                DataFormat.CSV,
                null,
                new Columns("text", null, null, "labels"),
                null,
                new DataSplit(null, null, "0.2"),
                new DataSplit("pvc://data/test", null, null),
                null,
                null,
                null);
        return Dataset.read(
                Task.MultiLabelTextClassification,
                spec,
                new Dataset.Sources(
                        new Dataset.NamedFile("train", trainFile),
                        Optional.empty(),
                        Optional.of(new Dataset.NamedFile("test", testFile))));
    }

    private List<Example> read(String content) {
        return read(content, new Columns("text", null, null, "labels"));
    }

    private List<Example> read(String content, Columns columns) {
        try {
            return read(Files.write(folder.resolve("f"), content.getBytes(StandardCharsets.UTF_8)), columns);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private List<Example> read(Path file) {
        return read(file, new Columns("text", null, null, "labels"));
    }

    private List<Example> read(Path file, Columns columns) {
        DatasetSpec spec = new DatasetSpec(format, dialect, columns, null, null, null, null, null, null);
        return new DataFile("f", file)
                .read(ReadSettings.of(Task.MultiLabelTextClassification, spec), CheckSettings.of(checks), findings);
    }
}
