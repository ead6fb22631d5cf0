package dev.finetune.trainer.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.api.Answer;
import dev.finetune.api.CheckAction;
import dev.finetune.api.Checks;
import dev.finetune.api.Columns;
import dev.finetune.api.DataFormat;
import dev.finetune.api.DataSplit;
import dev.finetune.api.DatasetSpec;
import dev.finetune.api.FailureClass;
import dev.finetune.api.Finding;
import dev.finetune.api.Json;
import dev.finetune.api.Task;
import dev.finetune.api.run.StageException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Words and their tags: how they are read, and what is checked. */
class TagFilesTest {
    @TempDir
    Path folder;

    private DataFormat format = DataFormat.JSONLines;
    private @Nullable Checks checks;
    private final Findings findings = new Findings();

    @Test
    void aLineHoldsAListOfWordsAndAListOfTags() {
        List<Example> read = read("""
                {"tokens": ["Ada", "saw", "New", "York"], "tags": ["B-PER", "O", "B-LOC", "I-LOC"]}
                {"tokens": [1815, "!"], "tags": ["O", "O"]}
                """);

        assertThat(read).extracting(Example::text).containsExactly("Ada saw New York", "1815 !");
        assertThat(read.getFirst().label()).isEqualTo("[\"B-PER\",\"O\",\"B-LOC\",\"I-LOC\"]");
        assertThat(read).extracting(e -> e.labels(Answer.Tags)).containsExactly(List.of("PER", "LOC"), List.of());
        assertThat(read.getFirst().key()).isEqualTo(ExampleKey.of("ada SAW new york"));
    }

    @Test
    void parquetHoldsListsAndTheNamesOfClassesAreTaken() throws Exception {
        format = DataFormat.Parquet;
        Path classes = Path.of(TagFilesTest.class
                .getResource("/parquet/class-label-tags.parquet")
                .toURI());

        List<Example> read = read(classes, new Columns(null, null, null, null, "tokens", "ner_tags", null));

        assertThat(read).extracting(Example::text).containsExactly("Ada saw New York", "nothing");
        assertThat(read.getFirst().label()).isEqualTo("[\"B-PER\",\"O\",\"B-LOC\",\"I-LOC\"]");
        assertThat(findings.all()).extracting(Finding::check).containsExactly("Empty");
    }

    @Test
    void aRowOfParquetWithOtherLengthsIsRefusedWithItsNumber() throws Exception {
        format = DataFormat.Parquet;
        Path file =
                Path.of(TagFilesTest.class.getResource("/parquet/tags.parquet").toURI());

        assertThatThrownBy(() -> read(file, new Columns(null, null, null, null, "tokens", "ner_tags", null)))
                .hasMessageContainingAll("row 2", "it has 1 in 'tokens' and 0 in 'ner_tags'");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '~',
            value = {
                "[\"a\", \"b\"];[\"O\"];it has 2 in 'tokens' and 1 in 'tags': each token has one tag",
                "[\"a\", \"\"];[\"O\", \"O\"];tokens[1] is empty",
                "[\"a\", \" \"];[\"O\", \"O\"];tokens[1] is empty",
                "[\"New York\"];[\"B-LOC\"];tokens[0] is 'New York', and a token holds no space",
                "[\"a\"];[\"PER\"];tags[0] is 'PER' where O, B-TYPE or I-TYPE was expected",
                "[\"a\"];[3];tags[0] is '3' where O",
                "[\"a\"];[\"S-PER\"];tags[0] is 'S-PER' where O",
                "[\"a\"];[\"B-\"];tags[0] is 'B-' where O",
                "[\"a\"];[\"o\"];tags[0] is 'o' where O",
                "\"a b\";[\"O\", \"O\"];key 'tokens' holds \"a b\" where a list of texts was expected",
                "[\"a\"];\"O\";key 'tags' holds \"O\" where a list of texts was expected",
                "[[\"a\"]];[\"O\"];a list with a list in it",
                "[\"a\", null];[\"O\", \"O\"];a list with null in it",
                "{\"a\": 1};[\"O\"];an object where a list of texts was expected",
                "[\"a\\u0000\"];[\"O\"];holds a NUL byte",
            })
    void whatIsNotAWordWithATagIsRefusedWithItsLine(String tokens, String tags, String problem) {
        assertThatThrownBy(() -> read("{\"tokens\": [\"x\"], \"tags\": [\"O\"]}\n{\"tokens\": " + tokens
                        + ", \"tags\": " + tags + "}\n"))
                .isInstanceOfSatisfying(
                        StageException.class, e -> assertThat(e.failure()).isEqualTo(FailureClass.InvalidData))
                .hasMessageContainingAll("f: 1 of 2 rows", "line 2", problem);
    }

    @Test
    void conllHasAWordALineAndTextsBetweenEmptyLines() throws IOException {
        format = DataFormat.CoNLL;
        Path file = Files.writeString(folder.resolve("f"), """
                -DOCSTART- -X- -X- O

                Ada NNP B-NP B-PER
                saw VBD B-VP O
                New NNP B-NP B-LOC
                York NNP I-NP I-LOC

                \t
                nothing\tNN\tB-NP\tO
                -DOCSTART- -X- -X- O
                last NN B-NP O""");

        List<Example> read = read(file, new Columns(null, null, null, null, "0", "3", null));

        assertThat(read).extracting(Example::text).containsExactly("Ada saw New York", "nothing", "last");
        assertThat(read).extracting(Example::id).containsExactly("f:3", "f:9", "f:11");
        assertThat(read.getFirst().label()).isEqualTo("[\"B-PER\",\"O\",\"B-LOC\",\"I-LOC\"]");
    }

    @Test
    void aLineOfConllWithoutTheColumnIsRefused() throws IOException {
        format = DataFormat.CoNLL;
        Path file = Files.writeString(folder.resolve("f"), "a O\nb\n\nc O\r\n\r\nd O\n");

        assertThatThrownBy(() -> read(file, new Columns(null, null, null, null, "0", "1", null)))
                .hasMessageContainingAll(
                        "f: 1 of 3 rows",
                        "line 1",
                        "line 2 has the column 0 alone, and 1 is needed (spec.dataset.columns.tags)");
    }

    @Test
    void columnsOfConllAreNumbers() throws IOException {
        format = DataFormat.CoNLL;
        Path file = Files.writeString(folder.resolve("f"), "a O\n");

        assertThatThrownBy(() -> read(file, new Columns(null, null, null, null, "word", "1", null)))
                .hasMessageContaining("columns are zero-based numbers");
    }

    @Test
    void aRowWithoutWordsIsEmpty() {
        assertThat(read("{\"tokens\": [], \"tags\": []}\n{\"tokens\": [\"a\"], \"tags\": [\"O\"]}\n"))
                .hasSize(1);
        assertThat(findings.all()).extracting(Finding::check).containsExactly("Empty");
    }

    @ParameterizedTest
    @EnumSource(
            value = DataFormat.class,
            names = {"CSV", "TSV", "TextFolder"})
    void aFormatWithoutListsIsRefused(DataFormat without) {
        format = without;

        assertThatThrownBy(() -> read("tokens,tags\na,O\n"))
                .isInstanceOfSatisfying(
                        StageException.class, e -> assertThat(e.failure()).isEqualTo(FailureClass.InvalidSpec))
                .hasMessageContaining("use JSONLines, Parquet, HuggingFace or CoNLL");
    }

    /** A type that train has only in single words can go on in others. */
    @Test
    void theTagsAreThoseOfEveryTypeOfTrain() throws IOException {
        Dataset data = dataset(rows("train", "B-LOC O", "B-PER I-PER"), rows("test", "B-LOC I-LOC", "B-PER"));

        assertThat(data.info().labels()).containsExactly("B-LOC", "B-PER", "I-LOC", "I-PER", "O");
        assertThat(data.info().findings()).extracting(Finding::check).doesNotContain("InsideWithoutBegin");
    }

    @Test
    void tagsWithoutBeginAreAScheme() throws IOException {
        Dataset data = dataset(rows("train", "I-LOC O", "I-LOC I-PER"), rows("test", "O I-LOC", "I-PER"));

        assertThat(data.info().labels()).containsExactly("I-LOC", "I-PER", "O");
        assertThat(data.info().findings()).extracting(Finding::check).doesNotContain("InsideWithoutBegin");
    }

    @Test
    void insideAfterAnotherTypeOrNothingIsTold() throws IOException {
        Dataset data = dataset(
                rows("train", "B-LOC I-LOC", "B-PER O"),
                rows("test", "B-LOC I-PER", "O I-LOC", "I-PER", "B-PER I-PER"));

        assertThat(data.info().findings())
                .filteredOn(f -> "InsideWithoutBegin".equals(f.check()))
                .singleElement()
                .satisfies(f -> assertThat(f.action()).isEqualTo(CheckAction.Warn))
                .satisfies(f -> assertThat(f.count()).isEqualTo(3))
                .satisfies(f -> assertThat(f.message())
                        .contains(
                                "test:1 (I-PER after B-LOC)", "test:2 (I-LOC after O)", "test:3 (I-PER at the start)"));
    }

    @Test
    void aTypeThatOnlyTestHasIsRefusedWithItsRow() {
        assertThatThrownBy(() -> dataset(rows("train", "B-LOC O", "O B-PER"), rows("test", "B-ORG B-ORG")))
                .hasMessageContainingAll(
                        "test has labels that train lacks: 'ORG' in 1 rows, the first test:1", "'PER'");
    }

    @Test
    void anotherSchemeInTestIsRefused() {
        assertThatThrownBy(() -> dataset(rows("train", "I-LOC O"), rows("test", "O B-LOC")))
                .hasMessageContainingAll("test:1 has a tag with B-, and train has none", "one scheme");
    }

    @Test
    void dataWithoutAnEntityIsRefused() {
        assertThatThrownBy(() -> dataset(rows("train", "O O"), rows("test", "O")))
                .hasMessageContainingAll("no entity, only the tag O", "spec.dataset.columns.tags");
    }

    @Test
    void aTypeOfFewEntitiesIsTooSmall() {
        checks = new Checks(null, null, null, null, null, null, 8, null);

        assertThatThrownBy(() -> dataset(rows("train", "B-LOC B-LOC", "B-PER"), rows("test", "B-LOC")))
                .hasMessageContaining("1 of 2 labels have fewer than 8 training examples")
                .hasMessageContaining("'PER' (");
    }

    @Test
    void theSameWordsWithOtherTagsAreAConflict() {
        List<Example> twice = read("""
                {"tokens": ["Ada", "x"], "tags": ["B-PER", "O"]}
                {"tokens": ["ada", "x"], "tags": ["O", "O"]}
                """);

        assertThat(Repeats.check("f", twice, CheckSettings.of(null), findings)).hasSize(1);
        assertThat(findings.all())
                .extracting(Finding::check)
                .containsExactlyInAnyOrder("ConflictingLabels", "Duplicates");
    }

    /** Six examples of each of these tags, with words that differ; of test one of each, and others that say nothing. */
    private static String rows(String name, String... tags) {
        return IntStream.range(0, 6 * tags.length)
                .mapToObj(i -> {
                    List<String> of = List.of(tags[i % tags.length].split(" "));
                    List<String> words = IntStream.range(0, of.size())
                            .mapToObj(w -> name + i + "word" + w)
                            .toList();
                    return Json.write(Map.of(
                            "tokens",
                            words,
                            "tags",
                            i < tags.length || name.equals("train")
                                    ? of
                                    : of.stream().map(t -> "O").toList()));
                })
                .collect(Collectors.joining("\n"));
    }

    private Dataset dataset(String train, String test) throws IOException {
        Path trainFile = Files.writeString(folder.resolve("train"), train);
        Path testFile = Files.writeString(folder.resolve("test"), test);
        DatasetSpec spec = new DatasetSpec(
                DataFormat.JSONLines,
                null,
                new Columns(null, null, null, null, "tokens", "tags", null),
                null,
                new DataSplit(null, null, "0.2"),
                new DataSplit("pvc://data/test", null, null),
                null,
                null,
                checks == null ? new Checks(null, null, CheckAction.Ignore, null, null, null, 1, null) : checks);
        return Dataset.read(
                Task.TokenClassification,
                spec,
                new Dataset.Sources(
                        new Dataset.NamedFile("train", trainFile),
                        Optional.empty(),
                        Optional.of(new Dataset.NamedFile("test", testFile))));
    }

    private List<Example> read(String content) {
        try {
            return read(
                    Files.writeString(folder.resolve("f"), content),
                    new Columns(null, null, null, null, "tokens", "tags", null));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private List<Example> read(Path file, Columns columns) {
        DatasetSpec spec = new DatasetSpec(format, null, columns, null, null, null, null, null, null);
        return new DataFile("f", file)
                .read(ReadSettings.of(Task.TokenClassification, spec), CheckSettings.of(null), findings);
    }
}
