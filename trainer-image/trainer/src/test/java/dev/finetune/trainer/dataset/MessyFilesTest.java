package dev.finetune.trainer.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.finetune.api.CheckAction;
import dev.finetune.api.Checks;
import dev.finetune.api.Columns;
import dev.finetune.api.CsvDialect;
import dev.finetune.api.DataFormat;
import dev.finetune.api.DataSource;
import dev.finetune.api.DataSplit;
import dev.finetune.api.DatasetSpec;
import dev.finetune.api.FailureClass;
import dev.finetune.api.Finding;
import dev.finetune.api.Json;
import dev.finetune.api.Task;
import dev.finetune.api.run.StageException;
import dev.finetune.trainer.source.SourceResolver;
import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.assertj.core.api.AbstractThrowableAssert;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Every text file of the messy collection ends as its manifest expects; a file that no expectation names fails the test. */
class MessyFilesTest {
    private final Map<String, Consumer<Path>> expectations = new LinkedHashMap<>();
    private @Nullable CsvDialect dialect;

    @TempDir
    Path scratch;

    MessyFilesTest() {
        accepted("utf8-bom.csv", 400);
        accepted("crlf.csv", 400);
        accepted("quoted-newlines.csv", 400);
        expectations.put("cp1252.csv", file -> {
            rejects(file).hasMessageContainingAll("cp1252.csv", "line ", "UTF-8", "spec.dataset.csv.encoding");
            assertThat(examples(file, csv(null, null, null, "windows-1252")))
                    .allSatisfy(e -> assertThat(e.text()).doesNotContain("\uFFFD"));
        });
        rejected("mixed-encoding.csv", "line 102");
        expectations.put("semicolon.csv", file -> {
            rejects(file).hasMessageContainingAll("no column 'text'", "'text;label'");
            assertThat(examples(file, csv(";", null, null, null)).size()).isEqualTo(400);
        });
        expectations.put("no-header.csv", file -> {
            rejects(file).hasMessageContainingAll("no column 'text'", "header: false");
            columns = new Columns("0", "1");
            assertThat(examples(file, csv(null, null, false, null)).size()).isEqualTo(400);
        });
        rejected("header-only.csv", "has no rows");
        rejected("empty.csv", "is empty");
        rejected("ragged.csv", "line 3", "line 4", "3 fields", "1 field");
        rejected("unclosed-quote.csv", "line 3", "never closed");
        accepted("extra-columns.csv", 400);
        expectations.put("missing-labels.csv", file -> {
            Dataset dataset = dataset(file);
            assertThat(dataset.info().labels()).doesNotContain("");
            assertThat(finding(dataset, "Empty").count()).isEqualTo(40);
        });
        expectations.put("label-variants.csv", file -> {
            Dataset dataset = dataset(file);
            assertThat(dataset.info().labels()).hasSizeGreaterThan(2);
            assertThat(finding(dataset, "LabelVariants").message()).contains("'ham'", "'HAM'", "' ham'");
        });
        expectations.put(
                "one-class.csv", file -> assertThatThrownBy(() -> dataset(file)).hasMessageContaining("at least two"));
        expectations.put(
                "all-unique-labels.csv",
                file -> assertThatThrownBy(() -> dataset(file)).hasMessageContaining("fewer than 8 training examples"));
        expectations.put(
                "imbalance-99-1.csv",
                file -> assertThat(finding(dataset(file), "MaxClassRatio").message())
                        .contains("f1Macro"));
        accepted("leak-train.csv", 600);
        expectations.put("leak-test.csv", file -> {
            // The test file has labels of its own as well, so it is refused; the message tells of the leak too.
            assertThatThrownBy(() -> dataset(file.resolveSibling("leak-train.csv"), file))
                    .hasMessageContainingAll("labels that train lacks", "300 examples also stand in another split");
        });
        expectations.put(
                "conflicting-labels.csv",
                file -> assertThat(finding(dataset(file), "ConflictingLabels").count())
                        .isEqualTo(50));
        accepted("unseen-test-labels-train.csv", 404);
        // The manifest speaks of age_limit, which the file does not hold: all its rows are copies of train's, and
        // taking those out
        // of train leaves card_arrival without training examples.
        expectations.put(
                "unseen-test-labels-test.csv",
                file -> assertThatThrownBy(() -> dataset(file.resolveSibling("unseen-test-labels-train.csv"), file))
                        .hasMessageContainingAll(
                                "unseen-test-labels-test.csv:", "'card_arrival'", "also stand in another split"));
        rejected("nul-bytes.csv", "NUL", "line ");
        accepted("long-texts.csv", 36);
        expectations.put(
                "formula-injection.csv",
                file -> assertThat(examples(file, null))
                        .extracting(Example::text)
                        .anyMatch(t -> t.startsWith("=")));
        expectations.put(
                "yaml-labels.csv",
                file -> assertThat(dataset(file).info().labels()).containsExactly("1e3", "no"));
        accepted("huge-header.csv", 1);
        expectations.put("train.csv.gz", file -> {
            SourceResolver sources = SourceResolver.local(file.getParent());
            Path unpacked = sources.data(sources.locate("train", file.toUri().toString(), null), scratch)
                    .path();
            assertThat(examples(unpacked, null).size()).isEqualTo(400);
        });
        rejected("bad-line.jsonl", "line 21");
        accepted("blank-lines.jsonl", 20);
        rejected("missing-key.jsonl", "line 11", "'label'");
        rejected("pretty.jsonl", "line 1");
        expectations.put("prompt-empty-completion.jsonl", file -> {
            columns = new Columns("prompt", "completion");
            List<Finding> findings = new ArrayList<>();
            assertThat(examples(file, null, findings).size()).isEqualTo(1);
            assertThat(findings).extracting(Finding::check).containsOnly("Empty");
        });
        rejected("nested-deep.jsonl", "line ");
    }

    private Columns columns = new Columns("text", "label");

    @TestFactory
    Stream<DynamicTest> csvFiles() throws IOException {
        return manifest("messy/csv");
    }

    @TestFactory
    Stream<DynamicTest> jsonFiles() throws IOException {
        return manifest("messy/jsonl");
    }

    @TestFactory
    Stream<DynamicTest> parserSuites() throws IOException {
        Path folder = SharedData.folder("messy/csv-suite");
        return Files.readAllLines(folder.resolve("MANIFEST.jsonl")).stream()
                .map(MessyFilesTest::json)
                .filter(entry -> entry.path("file").asText().endsWith(".csv"))
                .map(entry -> DynamicTest.dynamicTest(entry.path("file").asText(), () -> {
                    Path file = folder.resolve(entry.path("file").asText());
                    if (entry.path("expect").asText().startsWith("reject")) {
                        columns = new Columns("foo", "baz");
                        rejects(file);
                    } else {
                        assertThat(parsed(file)).isEqualTo(expected(file));
                    }
                }));
    }

    /**
     * Each document of the suite as the value of a third key, which nobody asks for: a row is as valid as what it holds. Valid ones are put on one line; others keep their lines,
     * none of which is a row.
     */
    @TestFactory
    Stream<DynamicTest> jsonSuite() throws IOException {
        Path folder = SharedData.folder("messy/json-suite");
        return Files.readAllLines(folder.resolve("MANIFEST.jsonl")).stream()
                .map(MessyFilesTest::json)
                .map(entry -> DynamicTest.dynamicTest(entry.path("file").asText(), () -> {
                    String expect = entry.path("expect").asText();
                    String document =
                            Files.readString(folder.resolve(entry.path("file").asText()), StandardCharsets.ISO_8859_1);
                    Path rows = Files.writeString(
                            scratch.resolve("rows.jsonl"),
                            "{\"text\": \"a\", \"label\": \"b\", \"other\": "
                                    + (expect.startsWith("reject") ? document : document.replaceAll("[\r\n]", " "))
                                    + "}",
                            StandardCharsets.ISO_8859_1);
                    if (entry.path("file").asText().startsWith("y_object_duplicated_key")) {
                        // The suite allows it; of a row nobody could say which of two values is meant.
                        rejects(rows).hasMessageContaining("Duplicate");
                    } else if (expect.startsWith("accept")) {
                        assertThat(examples(rows, null))
                                .extracting(Example::text)
                                .containsExactly("a");
                    } else if (expect.startsWith("reject")) {
                        rejects(rows).hasMessageContaining("line ");
                    } else {
                        accepts(rows);
                    }
                }));
    }

    /** Either; what matters is that it is told in words. */
    private void accepts(Path rows) {
        try {
            assertThat(examples(rows, null)).hasSize(1);
        } catch (StageException e) {
            assertThat(e.failure()).isEqualTo(FailureClass.InvalidData);
        }
    }

    /** The list that programs fail on, as a data set, and each of its strings as a text and as a label. */
    @Test
    void naughtyStringsAreDataLikeAnyOther() throws IOException {
        Path folder = SharedData.folder("messy/text");
        assertThat(examples(folder.resolve("blns.csv"), null)).hasSizeGreaterThan(400);

        List<String> strings = Files.readAllLines(folder.resolve("blns.txt")).stream()
                .filter(line -> !line.isBlank() && !line.startsWith("#"))
                .toList();
        List<String> rows = new ArrayList<>();
        for (String string : strings) {
            String written = Json.MAPPER.writeValueAsString(string);
            rows.add("{\"text\": " + written + ", \"label\": " + written + "}");
        }
        List<Example> examples = examples(Files.write(scratch.resolve("strings.jsonl"), rows), null);

        assertThat(strings).hasSizeGreaterThan(400);
        assertThat(examples).allSatisfy(e -> assertThat(e.label()).isEqualTo(e.text()));
        // Some are made of characters that nobody sees: there is no text in them.
        assertThat(strings.stream().filter(s -> !ExampleKey.isEmpty(s)))
                .containsExactlyElementsOf(examples.stream().map(Example::text).toList());
    }

    /** A folder that is added to the collection needs a test. */
    @Test
    void everyFolderOfTheCollectionHasATest() throws IOException {
        try (Stream<Path> folders = Files.list(SharedData.folder("messy"))) {
            assertThat(folders.filter(Files::isDirectory)
                            .map(folder -> folder.getFileName().toString()))
                    .containsExactlyInAnyOrder(
                            // here
                            "csv",
                            "csv-suite",
                            "jsonl",
                            "json-suite",
                            "text",
                            // MessyImagesTest
                            "images",
                            "exif-broken",
                            "exif-orientation",
                            // MessyImageTreesTest
                            "image-trees",
                            // MessyTokenizersTest and SharedGoldenTest
                            "tokenizer",
                            // SafetensorsTest
                            "weights");
        }
    }

    @Test
    void rowsThatCannotBeReadAreLeftOutWhereThatIsAskedFor() {
        Path folder = SharedData.folder("messy");
        Checks remove = new Checks(null, null, null, null, CheckAction.Remove, null, null, null);
        Findings findings = new Findings();
        assertThat(new DataFile("m", folder.resolve("csv/mixed-encoding.csv"))
                        .read(ReadSettings.of(Task.TextClassification, spec(null)), CheckSettings.of(remove), findings))
                .hasSizeBetween(100, 199)
                .allSatisfy(e -> assertThat(e.text()).doesNotContain("\uFFFD", "\uDC01"));
        assertThat(findings.all())
                .singleElement()
                .satisfies(f -> assertThat(f.action()).isEqualTo(CheckAction.Remove));
    }

    private Stream<DynamicTest> manifest(String name) throws IOException {
        Path folder = SharedData.folder(name);
        return Files.readAllLines(folder.resolve("MANIFEST.jsonl")).stream()
                .map(line -> json(line).path("file").asText())
                .map(file -> DynamicTest.dynamicTest(file, () -> {
                    assertThat(expectations).containsKey(file);
                    columns = new Columns("text", "label");
                    expectations.get(file).accept(folder.resolve(file));
                }));
    }

    private void accepted(String name, int rows) {
        expectations.put(name, file -> assertThat(examples(file, null).size()).isEqualTo(rows));
    }

    private void rejected(String name, String... message) {
        expectations.put(name, file -> rejects(file).hasMessageContaining(name).hasMessageContainingAll(message));
    }

    private AbstractThrowableAssert<?, ? extends Throwable> rejects(Path file) {
        return assertThatThrownBy(() -> examples(file, null))
                .isInstanceOfSatisfying(
                        StageException.class, e -> assertThat(e.failure()).isEqualTo(FailureClass.InvalidData));
    }

    private List<Example> examples(Path file, @Nullable CsvDialect csv) {
        return examples(file, csv, new ArrayList<>());
    }

    private List<Example> examples(Path file, @Nullable CsvDialect csv, List<Finding> found) {
        dialect = csv;
        Findings findings = new Findings();
        List<Example> examples = new DataFile(file.getFileName().toString(), file)
                .read(ReadSettings.of(Task.TextClassification, spec(file)), CheckSettings.of(null), findings);
        found.addAll(findings.all());
        dialect = null;
        return examples;
    }

    private Dataset dataset(Path train) {
        return Dataset.read(
                Task.TextClassification,
                spec(train),
                new Dataset.Sources(named(train), Optional.empty(), Optional.empty()));
    }

    private Dataset dataset(Path train, Path test) {
        DatasetSpec s = spec(train);
        return Dataset.read(
                Task.TextClassification,
                new DatasetSpec(
                        s.format(),
                        null,
                        s.columns(),
                        s.train(),
                        s.validation(),
                        new DataSplit("file://t", null),
                        null,
                        null,
                        new Checks(null, null, null, null, null, null, 1, null)),
                new Dataset.Sources(named(train), Optional.empty(), Optional.of(named(test))));
    }

    private static Dataset.NamedFile named(Path file) {
        return new Dataset.NamedFile(file.getFileName().toString(), file);
    }

    private DatasetSpec spec(@Nullable Path file) {
        boolean json = file != null && file.toString().endsWith(".jsonl");
        return new DatasetSpec(
                json ? DataFormat.JSONLines : DataFormat.CSV,
                dialect,
                columns,
                new DataSource("file://x", null),
                new DataSplit(null, "0.1"),
                new DataSplit(null, "0.1"),
                null,
                null,
                null);
    }

    private static CsvDialect csv(
            @Nullable String delimiter, @Nullable String quote, @Nullable Boolean header, @Nullable String encoding) {
        return new CsvDialect(delimiter, quote, header, encoding);
    }

    private static Finding finding(Dataset dataset, String check) {
        return dataset.info().findings().stream()
                .filter(f -> check.equals(f.check()))
                .findFirst()
                .orElseThrow(() ->
                        new AssertionError(check + " not in " + dataset.info().findings()));
    }

    private List<List<String>> parsed(Path file) throws IOException {
        List<List<String>> lines = new ArrayList<>();
        try (Reader reader = new StrictDecoder(Files.newInputStream(file), StandardCharsets.UTF_8);
                CsvLines csv = new CsvLines("f", reader, ReadSettings.of(Task.TextClassification, spec(null)))) {
            for (Optional<CsvLines.Line> line = csv.next(); line.isPresent(); line = csv.next()) {
                lines.add(line.get().fields());
            }
        }
        return lines;
    }

    /** The two suites tell it differently: a list of records with names, or a list of lists without the header. */
    private List<List<String>> expected(Path file) throws IOException {
        JsonNode root = Json.MAPPER.readTree(
                file.resolveSibling(file.getFileName().toString().replace(".csv", ".json"))
                        .toFile());
        List<List<String>> lines = new ArrayList<>();
        for (JsonNode record : root) {
            List<String> values = new ArrayList<>();
            record.forEach(v -> values.add(v.asText()));
            if (lines.isEmpty() && record.isObject()) {
                List<String> names = new ArrayList<>();
                record.fieldNames().forEachRemaining(names::add);
                lines.add(names);
            }
            lines.add(values);
        }
        if (root.isEmpty()) {
            lines.addAll(parsed(file).subList(0, 1));
        }
        return lines;
    }

    private static JsonNode json(String line) {
        try {
            return Json.MAPPER.readTree(line);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
