package dev.finetune.trainer.prepare;

import static org.assertj.core.api.Assertions.as;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.api.BaseModelSource;
import dev.finetune.api.Baseline;
import dev.finetune.api.CheckAction;
import dev.finetune.api.Checks;
import dev.finetune.api.Columns;
import dev.finetune.api.CsvDialect;
import dev.finetune.api.DataFormat;
import dev.finetune.api.DataSource;
import dev.finetune.api.EvaluationSpec;
import dev.finetune.api.FailureClass;
import dev.finetune.api.Finding;
import dev.finetune.api.Gate;
import dev.finetune.api.GateRule;
import dev.finetune.api.Json;
import dev.finetune.api.ReadSource;
import dev.finetune.api.run.PrepareResult;
import dev.finetune.api.run.StageException;
import dev.finetune.trainer.artifact.Manifest;
import dev.finetune.trainer.dataset.DatasetInfo;
import dev.finetune.trainer.dataset.Example;
import dev.finetune.trainer.dataset.ExampleFile;
import dev.finetune.trainer.dataset.TrainKeys;
import dev.finetune.trainer.engine.RawTensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.assertj.core.api.AbstractThrowableAssert;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PrepareStageTest {
    @TempDir
    Path folder;

    JobFixture job;

    @BeforeEach
    void newJob() throws IOException {
        job = new JobFixture(folder);
    }

    @Test
    void leavesEverythingThatTheLaterStagesNeed() throws IOException {
        PrepareResult result = job.train(JobFixture.rows(100, "ham", "spam")).prepare();

        List<Example> train = ExampleFile.read(job.workspace.train().resolve("train.jsonl"));
        List<Example> validation = ExampleFile.read(job.workspace.train().resolve("validation.jsonl"));
        List<Example> test = ExampleFile.read(job.workspace.test().resolve("test.jsonl"));
        assertThat(result.train()).isEqualTo(train.size());
        assertThat(result.validation()).isEqualTo(validation.size());
        assertThat(result.test()).isEqualTo(test.size());
        assertThat(train.size() + validation.size() + test.size()).isEqualTo(200);
        assertThat(train).first().satisfies(e -> assertThat(e.id()).matches("train.csv:\\d+"));
        assertThat(result.labels()).containsExactly("ham", "spam");
        assertThat(result.testIndependent()).isFalse();
        assertThat(result.findings()).isEmpty();

        DatasetInfo info = Json.MAPPER.readValue(
                job.workspace.train().resolve("dataset.json").toFile(), DatasetInfo.class);
        assertThat(info.datasetDigest()).isEqualTo(result.datasetDigest()).startsWith("sha256:");
        assertThat(info.testDigest()).isEqualTo(result.testDigest());
        assertThat(TrainKeys.read(job.workspace.train().resolve(TrainKeys.FILE)))
                .isEqualTo(Stream.concat(train.stream(), validation.stream())
                        .map(Example::key)
                        .collect(Collectors.toSet()));
        assertThat(job.workspace.model()).isDirectoryContaining("glob:**model.safetensors");
        try (Stream<Path> files = Files.list(job.workspace.test())) {
            assertThat(files.map(f -> f.getFileName().toString()))
                    .containsExactlyInAnyOrder("test.jsonl", "sources.json");
        }
    }

    @Test
    void tellsWhatItReadOfEverySourceAndTrainNotWhereTheTestIs() throws IOException {
        PrepareResult result = job.train(JobFixture.rows(100, "ham", "spam"))
                .test("text,label\none,ham\ntwo,spam\n")
                .prepare();

        assertThat(result.sources())
                .extracting(ReadSource::field)
                .containsExactly("spec.model", "spec.dataset.train", "spec.dataset.test");
        assertThat(result.sources().getFirst().digest()).isEqualTo(result.modelDigest());
        assertThat(result.sources().getLast().digest())
                .isEqualTo(Json.digest(Files.readAllBytes(folder.resolve("test.csv"))));
        assertThat(result.sources().getLast().bytes()).isEqualTo(Files.size(folder.resolve("test.csv")));
        assertThat(Manifest.Source.read(job.workspace.sources()))
                .extracting(Manifest.Source::address)
                .last(as(InstanceOfAssertFactories.STRING))
                .endsWith("test.csv");
        assertThat(Json.write(result)).doesNotContain("test.csv");
    }

    @Test
    void leavesTheJobsOwnSynonymsWhereTrainReadsThemAndTellsTheirDigest() throws IOException {
        byte[] synonyms = "# \u00fcber alles\nmessage, note\n".getBytes(StandardCharsets.UTF_8);
        job.train(JobFixture.rows(100, "ham", "spam"));
        String plain = job.prepare().datasetDigest();
        PrepareResult result = job.thesaurus("words.txt", synonyms).prepare();

        assertThat(job.workspace.thesaurus()).hasBinaryContent(synonyms);
        assertThat(job.workspace.thesaurus().getParent()).isEqualTo(job.workspace.train());
        assertThat(result.sources())
                .extracting(ReadSource::field)
                .containsExactly("spec.model", "spec.dataset.train", "spec.dataset.thesaurus");
        assertThat(result.sources().getLast())
                .isEqualTo(new ReadSource(
                        "spec.dataset.thesaurus", null, 1L, (long) synonyms.length, Json.digest(synonyms)));
        assertThat(Manifest.Source.read(job.workspace.sources()))
                .extracting(Manifest.Source::address)
                .last(as(InstanceOfAssertFactories.STRING))
                .endsWith("words.txt");
        assertThat(result.findings()).isEmpty();
        try (Stream<Path> files = Files.list(job.workspace.test())) {
            assertThat(files.map(f -> f.getFileName().toString()))
                    .containsExactlyInAnyOrder("test.jsonl", "sources.json");
        }

        // Other synonyms are another training, however they are packed; without any nothing of them is left.
        String other = job.thesaurus("words.txt", "message, letter\n".getBytes(StandardCharsets.UTF_8))
                .prepare()
                .datasetDigest();
        String packed = job.thesaurus("words.txt.gz", gzip(synonyms)).prepare().datasetDigest();
        assertThat(List.of(plain, other)).doesNotContain(result.datasetDigest()).doesNotHaveDuplicates();
        assertThat(packed).isEqualTo(result.datasetDigest());
        assertThat(job.workspace.thesaurus()).hasBinaryContent(synonyms);
        job.thesaurus = null;
        assertThat(job.prepare().datasetDigest()).isEqualTo(plain);
        assertThat(job.workspace.thesaurus()).doesNotExist();
    }

    @Test
    void refusesSynonymsThatSayNothingAndWarnsOfThoseThatNoTextHolds() throws IOException {
        job.train(JobFixture.rows(60, "ham", "spam"));
        job.thesaurus("words.txt", "message, note\nalone\n".getBytes(StandardCharsets.UTF_8));
        assertFails(FailureClass.InvalidData)
                .hasMessageContainingAll(
                        "words.txt: 1 of 2 lines", "line 2: 'alone' stands alone", "spec.dataset.thesaurus");
        job.thesaurus = new DataSource("file://model", null);
        assertFails(FailureClass.InvalidData)
                .hasMessageContainingAll("model holds several files", "spec.dataset.thesaurus is one");
        job.thesaurus = new DataSource("file://absent.txt", null);
        assertFails(FailureClass.SourceUnavailable).hasMessageContaining("absent.txt");

        PrepareResult result = job.thesaurus("words.txt", "Auto, Wagen\n".getBytes(StandardCharsets.UTF_8))
                .prepare();
        assertThat(finding(result, "ThesaurusUnused").message()).contains("words.txt", "None of the ", "(2)");
        assertThat(finding(result, "ThesaurusUnused").count()).isEqualTo(result.train());
    }

    @Test
    void givesTheSameBytesWhenItRunsAgain() throws IOException {
        job.train(JobFixture.rows(50, "a", "b"));
        PrepareResult first = job.prepare();
        byte[] train = Files.readAllBytes(job.workspace.train().resolve("train.jsonl"));
        assertThat(job.prepare()).isEqualTo(first);
        assertThat(job.workspace.train().resolve("train.jsonl")).hasBinaryContent(train);
    }

    @Test
    void keepsAGivenTestWholeAndRemovesItsTextsFromTrainAndValidation() throws IOException {
        String train = JobFixture.rows(60, "a", "b");
        job.train(train).test("text,label\nMESSAGE 1  about a,a\nmessage 2 about b,b\nnew one,a\n");
        PrepareResult result = job.prepare();
        assertThat(result.test()).isEqualTo(3);
        assertThat(result.testIndependent()).isTrue();
        Set<String> learnt = new HashSet<>(TrainKeys.read(job.workspace.train().resolve(TrainKeys.FILE)));
        ExampleFile.read(job.workspace.test().resolve("test.jsonl"))
                .forEach(e -> assertThat(learnt).doesNotContain(e.key()));
        assertThat(finding(result, "Leakage").count()).isEqualTo(2);
        assertThat(finding(result, "Leakage").action()).isEqualTo(CheckAction.Remove);
        assertThat(finding(result, "Leakage").message()).contains("train.csv:", "test.csv:2");
    }

    @Test
    void keepsTheFirstOfRepeatedRowsAndReportsConflicts() throws IOException {
        PrepareResult result = job.train(JobFixture.rows(60, "a", "b") + "message 1 about a,a\nMessage 2 about a,b\n")
                .prepare();
        assertThat(result.train() + result.validation() + result.test()).isEqualTo(120);
        assertThat(finding(result, "Duplicates").count()).isEqualTo(2);
        assertThat(finding(result, "ConflictingLabels").message()).contains("'a'", "'b'", "train.csv:123");
    }

    @Test
    void refusesALabelThatTrainLacksAndNamesTheRows() throws IOException {
        job.train(JobFixture.rows(60, "a", "b")).test("text,label\nx,a\ny,c\n");
        assertFails(FailureClass.InvalidData).hasMessageContainingAll("test.csv:3", "'c'", "'a', 'b'");
    }

    @Test
    void refusesOneClassTooFewExamplesAndEmptyFiles() throws IOException {
        job.train(JobFixture.rows(60, "a"));
        assertFails(FailureClass.InvalidData).hasMessageContaining("only the label 'a'");
        job.train(JobFixture.rows(60, "a") + JobFixture.rows(3, "b").substring("text,label\n".length()));
        assertFails(FailureClass.InvalidData).hasMessageContainingAll("'b' (3)", "minExamplesPerClass");
        job.train("");
        assertFails(FailureClass.InvalidData).hasMessageContaining("train.csv is empty");
        job.train("text,label\n");
        assertFails(FailureClass.InvalidData).hasMessageContaining("train.csv has no rows");
    }

    @Test
    void namesTheLabelsWhenThePositiveOneIsNotAmongThem() throws IOException {
        job.train(JobFixture.rows(60, "a", "b"));
        job.evaluation = new EvaluationSpec("f1", "spam", null, null, null);
        assertFails(FailureClass.InvalidSpec).hasMessageContainingAll("'spam'", "'a', 'b'");
    }

    @Test
    void refusesAMetricThatNeedsAPositiveLabelBeforeAnythingIsTrained() throws IOException {
        job.train(JobFixture.rows(60, "a", "b"));
        job.evaluation = new EvaluationSpec("f1", null, null, null, null);
        assertFails(FailureClass.InvalidSpec).hasMessageContainingAll("primaryMetric", "positiveLabel", "'a', 'b'");
        job.evaluation = new EvaluationSpec("niceness", null, null, null, null);
        assertFails(FailureClass.InvalidSpec).hasMessageContainingAll("primaryMetric", "niceness", "f1Macro");
        job.train(JobFixture.rows(60, "a", "b", "c"));
        job.evaluation = new EvaluationSpec("f1", null, null, null, null);
        assertFails(FailureClass.InvalidSpec).hasMessageContainingAll("primaryMetric", "3 labels");
    }

    @Test
    void namesTensorShapesAndFileWhereTheWeightsAreNotThoseOfTheConfig() throws IOException {
        job.train(JobFixture.rows(60, "a", "b"));
        TreeMap<String, RawTensor> weights = JobFixture.weights();
        weights.put("encoder.layer.0.intermediate.dense.weight", RawTensor.of(new float[8 * 12], 12, 8));
        job.write(weights);
        assertFails(FailureClass.InvalidData)
                .hasMessageContainingAll(
                        "encoder.layer.0.intermediate.dense.weight", "[12, 8]", "[16, 8]", "model/model.safetensors");

        weights.remove("encoder.layer.0.intermediate.dense.weight");
        job.write(weights);
        assertFails(FailureClass.InvalidData)
                .hasMessageContainingAll("lacks the tensor bert.encoder.layer.0.intermediate.dense.weight");
    }

    @Test
    void refusesAModelWithoutATokenizer() throws IOException {
        job.train(JobFixture.rows(60, "a", "b"));
        Files.delete(folder.resolve("model/tokenizer.json"));
        assertFails(FailureClass.SourceUnavailable).hasMessageContainingAll("tokenizer.json", "save_pretrained");
    }

    @Test
    void refusesRulesThatTheTestSplitCannotAnswer() throws IOException {
        job.train(JobFixture.rows(60, "a", "b")).test("text,label\nx,a\ny,a\n");

        job.evaluation = judged("f1", "b", new GateRule("r", "f1", "0.5", null, null, null, null, null));
        assertFails(FailureClass.InvalidSpec).hasMessageContainingAll("positiveLabel", "'b'", "test");
        job.evaluation = judged("accuracy", null, new GateRule("r", "rocAuc", "0.5", null, null, null, null, null));
        assertFails(FailureClass.InvalidSpec).hasMessageContainingAll("rule 'r'", "rocAuc", "test");
        job.evaluation = judged(
                "accuracy",
                null,
                new GateRule("r", "recallPerClass", null, null, null, Baseline.LinearProbe, null, "0.1"));
        assertFails(FailureClass.InvalidSpec).hasMessageContainingAll("rule 'r'", "minClassExamples (20)", "has 2");
        job.evaluation = judged("accuracy", null, new GateRule("r", "ece", null, "0.1", null, null, null, null));
        assertFails(FailureClass.InvalidSpec).hasMessageContainingAll("rules[0].metric", "ece");
    }

    @Test
    void warnsOfATestThatIsTooSmallForTheGate() throws IOException {
        job.train(JobFixture.rows(60, "a", "b"));
        job.evaluation = judged("accuracy", null, new GateRule("r", "accuracy", "0.5", null, null, null, null, null));
        PrepareResult result = job.prepare();
        assertThat(finding(result, "TestTooSmall").message()).contains("200", "minTestExamples");
        assertThat(finding(result, "TestTooSmall").count()).isEqualTo(result.test());
    }

    @Test
    void warnsOfAnEpochThatAHandfulOfDecisionsWouldChoose() throws IOException {
        job.train(JobFixture.rows(60, "a", "b"))
                .validation(JobFixture.rows(4, "a", "b").replace("message", "held"));

        job.evaluation = judged("f1Macro", null);
        assertThat(finding(job.prepare(), "ValidationTooSmall").message())
                .contains("8 examples for 2 labels", "f1Macro", "selectBy to logLoss");
        job.evaluation = judged("logLoss", null);
        assertThat(job.prepare().findings()).extracting(Finding::check).doesNotContain("ValidationTooSmall");
    }

    private static EvaluationSpec judged(String primary, String positive, GateRule... rules) {
        return new EvaluationSpec(primary, positive, null, null, new Gate(null, null, null, List.of(rules)));
    }

    @Test
    void readsTheDialectOfTheExampleFile() throws IOException {
        StringBuilder sms = new StringBuilder();
        for (int i = 0; i < 60; i++) {
            sms.append("ham\tHe said \"hi ")
                    .append(i)
                    .append('\n')
                    .append("spam\tWIN \"\"")
                    .append(i)
                    .append("\" now\n");
        }
        job.csv = new CsvDialect("\t", "None", false, null);
        job.columns = new Columns("1", "0");
        PrepareResult result = job.train(sms.toString()).prepare();
        assertThat(result.labels()).containsExactly("ham", "spam");
        assertThat(result.train() + result.validation() + result.test()).isEqualTo(120);
        assertThat(ExampleFile.read(job.workspace.train().resolve("train.jsonl")))
                .extracting(Example::text)
                .anyMatch(t -> t.startsWith("He said \"hi "));
    }

    @Test
    void readsAZipOfSeveralFilesAsOneSourceAndLeavesNothingUnpackedBehind() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            for (String label : List.of("a", "b")) {
                zip.putNextEntry(new ZipEntry("data/" + label + ".csv"));
                zip.write(JobFixture.rows(60, label).getBytes(StandardCharsets.UTF_8));
            }
            zip.putNextEntry(new ZipEntry("README.txt"));
        }
        PrepareResult result = job.train("train.zip", bytes.toByteArray()).prepare();
        assertThat(result.train() + result.validation() + result.test()).isEqualTo(120);
        assertThat(ExampleFile.read(job.workspace.train().resolve("train.jsonl")))
                .allSatisfy(e -> assertThat(e.id()).matches("train\\.zip/data/[ab]\\.csv:\\d+"));
        try (Stream<Path> files = Files.list(job.workspace.test())) {
            assertThat(files)
                    .containsExactlyInAnyOrder(job.workspace.test().resolve("test.jsonl"), job.workspace.sources());
        }
    }

    @Test
    void readsATarOfTextsInClassFolders() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (TarArchiveOutputStream tar = new TarArchiveOutputStream(new GZIPOutputStream(bytes))) {
            for (int i = 0; i < 60; i++) {
                for (String label : List.of("neg", "pos")) {
                    byte[] text = (label + " review number " + i).getBytes(StandardCharsets.UTF_8);
                    TarArchiveEntry entry = new TarArchiveEntry("reviews/" + label + "/" + i + ".txt");
                    entry.setSize(text.length);
                    tar.putArchiveEntry(entry);
                    tar.write(text);
                    tar.closeArchiveEntry();
                }
            }
        }
        job.format = DataFormat.TextFolder;
        job.columns = null;
        PrepareResult result = job.train("reviews.tgz", bytes.toByteArray()).prepare();
        assertThat(result.labels()).containsExactly("neg", "pos");
        assertThat(result.train() + result.validation() + result.test()).isEqualTo(120);
    }

    @Test
    void verifiesThePinnedDigestAndShowsBoth() throws IOException {
        job.train(JobFixture.rows(60, "a", "b"));
        String digest = job.prepare().modelDigest();
        job.model = new BaseModelSource("file://model", digest, null);
        assertThat(job.prepare().modelDigest()).isEqualTo(digest);
        String other = "sha256:" + "0".repeat(64);
        job.model = new BaseModelSource("file://model", other, null);
        assertFails(FailureClass.DigestMismatch).hasMessageContainingAll(digest, other);
    }

    @Test
    void refusesAPickleWithTheCommandThatConvertsIt() throws IOException {
        job.train(JobFixture.rows(60, "a", "b"));
        Files.move(folder.resolve("model/model.safetensors"), folder.resolve("model/pytorch_model.bin"));
        assertFails(FailureClass.InvalidSpec).hasMessageContainingAll("pytorch_model.bin", "pickle", "python3 -c");
    }

    @Test
    void checksTheLicence() throws IOException {
        job.train(JobFixture.rows(60, "a", "b"));
        job.model = new BaseModelSource("file://model", null, List.of("apache-2.0"));
        assertFails(FailureClass.LicenseNotAllowed).hasMessageContaining("states no licence");
        Files.writeString(
                folder.resolve("model/README.md"), "---\ntags:\n- x\nlicense: cc-by-nc-4.0 # no\n---\n# Model\n");
        assertFails(FailureClass.LicenseNotAllowed).hasMessageContainingAll("cc-by-nc-4.0", "apache-2.0");
        Files.writeString(folder.resolve("model/README.md"), "---\nlicense:\n- Apache-2.0\n---\n");
        assertThat(job.prepare().license()).isEqualTo("Apache-2.0");
    }

    @Test
    void countsTheTextsThatAreCut() throws IOException {
        PrepareResult result = job.train(JobFixture.rows(60, "a", "b")
                        + "w ".repeat(64).strip() + ",a\n" + "w ".repeat(65).strip() + ",a\n")
                .test("text,label\nx,a\n")
                .validation("text,label\ny,a\n")
                .prepare();
        assertThat(finding(result, "LongTexts").count()).isEqualTo(1);
        assertThat(finding(result, "LongTexts").message()).contains("64 tokens");
    }

    @Test
    void refusesDamagedWeightsAndModelsThatItCannotTrain() throws IOException {
        job.train(JobFixture.rows(60, "a", "b"));
        byte[] weights = Files.readAllBytes(folder.resolve("model/model.safetensors"));
        Files.write(folder.resolve("model/model.safetensors"), Arrays.copyOf(weights, weights.length - 1));
        assertFails(FailureClass.InvalidData).hasMessageContaining("model.safetensors");
        Files.write(folder.resolve("model/model.safetensors"), weights);
        Files.writeString(folder.resolve("model/config.json"), "{\"model_type\":\"t5\"}");
        assertFails(FailureClass.InvalidSpec).hasMessageContainingAll("t5", "bert");
        Files.writeString(folder.resolve("model/config.json"), "{");
        assertFails(FailureClass.InvalidData).hasMessageContaining("config.json");
    }

    @Test
    void failsWhereACheckIsSetToFail() throws IOException {
        job.train(JobFixture.rows(60, "a", "b") + "message 1 about a,a\n");
        job.checks = new Checks(null, CheckAction.Fail, null, null, null, null, null, null);
        assertFails(FailureClass.InvalidData).hasMessageContainingAll("train.csv:122", "train.csv:4");
    }

    @Test
    void tellsOfNearDuplicatesAndTakesThemOutOnlyWhereThatIsAskedFor() throws IOException {
        String almost = "Please call me back on the number that I gave you ";
        job.train(JobFixture.rows(60, "a", "b") + almost + "yesterday,a\n" + almost + "today!,b\n")
                .test("text,label\n" + almost + "on Friday,a\nanother text,b\n");

        PrepareResult warned = job.prepare();
        assertThat(finding(warned, "NearDuplicates"))
                .extracting(Finding::action, Finding::count)
                .containsExactly(CheckAction.Warn, 1L);
        assertThat(finding(warned, "NearDuplicates").message()).contains("train.csv:123 (as train.csv:122, ");
        assertThat(finding(warned, "NearLeakage"))
                .extracting(Finding::action, Finding::count)
                .containsExactly(CheckAction.Warn, 2L);
        assertThat(warned.train() + warned.validation()).isEqualTo(122);

        job.checks = nearDuplicates(CheckAction.Remove);
        PrepareResult removed = job.prepare();
        assertThat(finding(removed, "NearLeakage").message()).contains("train.csv:122 (as test.csv:2, ");
        assertThat(removed.train() + removed.validation()).isEqualTo(120);
        assertThat(removed.test()).isEqualTo(2);

        job.checks = nearDuplicates(CheckAction.Fail);
        assertFails(FailureClass.InvalidData)
                .hasMessageContainingAll("train.csv:123 (as train.csv:122, ", "spec.dataset.checks.nearDuplicates");

        job.checks = nearDuplicates(CheckAction.Ignore);
        assertThat(job.prepare().findings()).isEmpty();
    }

    private static Checks nearDuplicates(CheckAction action) {
        return new Checks(null, null, action, null, null, null, null, null);
    }

    @Test
    void saysWhichWorkspaceCannotBeWritten() throws IOException {
        job.train(JobFixture.rows(60, "a", "b"));
        Files.writeString(folder.resolve("workspace"), "a file where a volume was expected");
        assertFails(FailureClass.StorageUnavailable).hasMessageContainingAll("workspace/model", "uid", "fsGroup");
    }

    private AbstractThrowableAssert<?, ? extends Throwable> assertFails(FailureClass failure) {
        return assertThatThrownBy(job::prepare)
                .isInstanceOfSatisfying(
                        StageException.class, e -> assertThat(e.failure()).isEqualTo(failure));
    }

    private static byte[] gzip(byte[] content) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream packed = new GZIPOutputStream(bytes)) {
            packed.write(content);
        }
        return bytes.toByteArray();
    }

    private static Finding finding(PrepareResult result, String check) {
        return result.findings().stream()
                .filter(f -> check.equals(f.check()))
                .findFirst()
                .orElseThrow(() -> new AssertionError(check + " not in " + result.findings()));
    }
}
