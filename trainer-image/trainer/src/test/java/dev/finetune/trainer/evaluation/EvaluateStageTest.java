package dev.finetune.trainer.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.api.Baseline;
import dev.finetune.api.BaselineResult;
import dev.finetune.api.Finding;
import dev.finetune.api.GateRule;
import dev.finetune.api.Json;
import dev.finetune.api.MetricResult;
import dev.finetune.api.RuleResult;
import dev.finetune.api.Verdict;
import dev.finetune.api.run.EvaluateResult;
import dev.finetune.api.run.StageException;
import dev.finetune.trainer.artifact.ArtifactVerifier;
import dev.finetune.trainer.artifact.GoldenRequest;
import dev.finetune.trainer.artifact.Manifest;
import dev.finetune.trainer.artifact.Report;
import dev.finetune.trainer.training.SuspectedLabels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EvaluateStageTest {
    @TempDir
    Path folder;

    private Judged job;

    @BeforeEach
    void prepareAndTrain() throws IOException {
        job = new Judged(folder);
        job.rules.add(new GateRule("good-enough", "f1", "0.8", null, null, null, null, null));
        job.rules.add(new GateRule("beats-probe", "f1", null, null, null, Baseline.LinearProbe, "0", null));
        job.rules.add(
                new GateRule("keeps-classes", "recallPerClass", null, null, null, Baseline.Deployed, null, "0.05"));
    }

    @Test
    void aBetterModelPassesAndIsPublishedWithItsNumbers() throws IOException {
        EvaluateResult result = job.run();

        assertThat(result.gatePassed()).isTrue();
        assertThat(result.gateReason()).isEqualTo("Succeeded");
        assertThat(result.rules())
                .extracting(RuleResult::verdict)
                .containsExactly(Verdict.Passed, Verdict.Passed, Verdict.Skipped);
        assertThat(result.summary().metric()).isEqualTo("f1");
        assertThat(result.summary().beforeBaseline()).isEqualTo(Baseline.LinearProbe);
        assertThat(Double.parseDouble(result.summary().after()))
                .isGreaterThan(Double.parseDouble(result.summary().before()));
        assertThat(result.results().getFirst().metric()).isEqualTo("f1");
        assertThat(Json.write(result).length()).isLessThan(3500);

        Path published =
                job.store.resolve("sms-spam").resolve(result.model().digest().substring(7));
        Manifest manifest = ArtifactVerifier.verify(published, result.model().digest());
        assertThat(manifest.gatePassed()).isTrue();
        assertThat(manifest.license()).isEqualTo("apache-2.0");
        assertThat(manifest.maxLength()).isEqualTo(128);
        assertThat(manifest.files())
                .containsOnlyKeys(
                        "README.md",
                        "config.json",
                        "golden.jsonl",
                        "model.safetensors",
                        "report.html",
                        "train-keys.bin");
        assertThat(job.progress).isNotEmpty();
        assertThat(job.progress.getLast().percent()).isEqualTo(100);
    }

    @Test
    void theManifestTellsWhatWasReadAndHoldsNoSignature() throws IOException {
        job.model = "https://files.example.com/model?signature=s3cret";
        List<Manifest.Source> read = List.of(new Manifest.Source(
                "spec.model", "https://files.example.com/model?...", null, 3, 1000, "sha256:" + "f".repeat(64)));
        Manifest.Source.write(read, job.workspace.sources());

        EvaluateResult result = job.run();

        Path published =
                job.store.resolve("sms-spam").resolve(result.model().digest().substring(7));
        Manifest manifest = ArtifactVerifier.verify(published);
        assertThat(manifest.sources()).isEqualTo(read);
        assertThat(manifest.spec().model().storageUri()).isEqualTo("https://files.example.com/model?...");
        for (String file : List.of("manifest.json", "report.html", "README.md")) {
            assertThat(published.resolve(file))
                    .content()
                    .contains("files.example.com")
                    .doesNotContain("s3cret");
        }
        assertThat(job.workspace.result().resolve("report.json")).content().doesNotContain("s3cret");
    }

    @Test
    void aWorseModelIsRefusedAndPublishedWithTheVerdict() throws IOException {
        job.models.put("candidate", e -> Judged.wrongEvery(3, e, 0.9));

        EvaluateResult result = job.run();

        assertThat(result.gatePassed()).isFalse();
        assertThat(result.gateReason()).isEqualTo("Failed");
        assertThat(result.gateMessage()).contains("good-enough: f1 is").contains("beats-probe");
        Path published =
                job.store.resolve("sms-spam").resolve(result.model().digest().substring(7));
        assertThat(ArtifactVerifier.verify(published).gatePassed()).isFalse();
    }

    @Test
    void startedAgainItPublishesTheVerySameArtefact() throws IOException {
        EvaluateResult first = job.run();

        EvaluateResult second = job.run();

        assertThat(second).isEqualTo(first);
        assertThat(Files.list(job.store.resolve("sms-spam"))).hasSize(1);
    }

    @Test
    void whatServesIsComparedOnlyOnExamplesItWasNotTrainedOn() throws IOException {
        job.deploy("0.8", "0.7", "0.9", job.test.subList(0, 100));

        EvaluateResult result = job.run();

        assertThat(result.summary().beforeBaseline()).isEqualTo(Baseline.Deployed);
        assertThat(result.rules().getLast().verdict()).isEqualTo(Verdict.Passed);
        assertThat(report().data().findings())
                .filteredOn(f -> Objects.equals(f.check(), "TestOverlapsDeployed"))
                .extracting(Finding::count)
                .containsExactly(100L);
        assertThat(result.model().parentDigest()).isEqualTo(Judged.DEPLOYED);
    }

    @Test
    void aSelfMadeTestIsReportedWhereSomethingServes() throws IOException {
        job.deploy("0.8", "0.7", "0.9", List.of());
        job.testIndependent = false;

        job.run();

        assertThat(report().data().findings()).extracting(Finding::check).contains("TestNotIndependent");
    }

    @Test
    void aTestOnWhichTheServingModelCollapsesIsSuspect() throws IOException {
        job.deploy("0.95", "0.93", "0.97", List.of());
        job.models.put(Judged.DEPLOYED, e -> Judged.wrongEvery(2, e, 0.9));

        EvaluateResult result = job.run();

        assertThat(result.gatePassed()).isFalse();
        assertThat(result.gateReason()).isEqualTo("TestSuspect");
        assertThat(result.gateMessage()).contains("was published with 0.95 (0.93 to 0.97)");
    }

    @Test
    void aFallThatTwoSamplesExplainIsNotSuspect() throws IOException {
        job.deploy("0.8", "0.79", "0.81", List.of());
        job.models.put(Judged.DEPLOYED, e -> Judged.wrongEvery(9, e, 0.9));

        EvaluateResult result = job.run();

        assertThat(result.gateReason()).isEqualTo("Succeeded");
    }

    @Test
    void aServingModelWithOtherLabelsIsWrongOnThoseItLacks() throws IOException {
        job.deploy("0.8", "0.7", "0.9", List.of());
        job.deployedLabels = List.of("ham", "phishing");
        job.models.put(Judged.DEPLOYED, e -> new double[] {1, 0});

        EvaluateResult result = job.run();

        assertThat(result.rules().getLast().message()).contains("spam (unknown to it)");
        MetricResult logLoss = result.results().stream()
                .filter(m -> Objects.equals(m.metric(), "logLoss"))
                .findFirst()
                .orElseThrow();
        assertThat(logLoss.baselines())
                .filteredOn(b -> b.name() == Baseline.Deployed)
                .extracting(BaselineResult::value)
                .containsOnlyNulls();
    }

    @Test
    void aRuleOnScoresAgainstOtherLabelsIsRefused() throws IOException {
        job.deploy("0.8", "0.7", "0.9", List.of());
        job.deployedLabels = List.of("ham", "phishing");
        job.rules.add(new GateRule("calibrated", "logLoss", null, null, null, Baseline.Deployed, "0", null));

        assertThatThrownBy(() -> job.run())
                .isInstanceOf(StageException.class)
                .hasMessageContaining("calibrated")
                .hasMessageContaining("phishing");
    }

    @Test
    void aBaseModelWhoseHeadFitsIsABaseline() throws IOException {
        job.baseModelLabels = List.of("SPAM", "HAM");

        EvaluateResult result = job.run();

        assertThat(result.summary().beforeBaseline()).isEqualTo(Baseline.BaseModel);
        assertThat(report().data().notCompared()).containsOnlyKeys("Deployed");
    }

    @Test
    void aBaseModelWithoutAFittingHeadIsNotCompared() throws IOException {
        job.baseModelLabels = List.of("LABEL_0", "LABEL_1");

        job.run();

        assertThat(report().data().notCompared()).containsOnlyKeys("BaseModel", "Deployed");
    }

    @Test
    void aTestThatWasUsedOftenIsWarnedAbout() throws IOException {
        job.testUses = 10;

        job.run();

        assertThat(report().warnings().getFirst()).contains("at least 10 times").contains("40.1 %");
    }

    @Test
    void goldenRequestsComeFromBothAnswersAndAreNoCloseCalls() throws IOException {
        EvaluateResult result = job.run();

        Path published =
                job.store.resolve("sms-spam").resolve(result.model().digest().substring(7));
        List<GoldenRequest> golden = GoldenRequest.read(published);
        assertThat(golden).hasSize(64);
        assertThat(golden).filteredOn(g -> g.label().equals("spam")).hasSizeBetween(30, 34);
        assertThat(golden).allSatisfy(g -> {
            assertThat(Math.abs(g.scores().get(0) - g.scores().get(1))).isGreaterThan(0.05);
            assertThat(g.agrees(
                            g.label(), g.scores().stream().mapToDouble(d -> d).toArray()))
                    .isTrue();
        });
    }

    @Test
    void examplesOfTheTestSetStayInTheResultFolder() throws IOException {
        EvaluateResult result = job.run();

        assertThat(job.workspace.result().resolve("test-errors.jsonl")).exists();
        Path published =
                job.store.resolve("sms-spam").resolve(result.model().digest().substring(7));
        String page = Files.readString(published.resolve("report.html"));
        String json = Files.readString(job.workspace.result().resolve("report.json"));
        assertThat(page + json).doesNotContain("test.csv:").contains("train.csv:");
    }

    @Test
    void whatWasDoneAboutRareLabelsIsToldAndLossesThatDoNotCompareAreNotCompared() throws IOException {
        job.run();
        assertThat(report().advice()).anySatisfy(a -> assertThat(a).contains("fits train better"));
        assertThat(report().training().settings()).doesNotContainKey("imbalance");

        job.imbalance = "ClassWeights: spam 2.50, ham 0.625";
        job.run();

        assertThat(report().advice()).noneSatisfy(a -> assertThat(a).contains("fits train better"));
        assertThat(report().training().settings()).containsEntry("imbalance", "ClassWeights: spam 2.50, ham 0.625");
    }

    @Test
    void labelsOfTrainThatLookWrongAreToldWithTheirTexts() throws IOException {
        List<SuspectedLabels.Suspect> suspects = new ArrayList<>();
        for (int rank = 1; rank <= 12; rank++) {
            suspects.add(
                    new SuspectedLabels.Suspect(rank, "train.csv:" + (5100 - rank), "ham", "spam", 0.98, 0.002 * rank));
        }
        Files.createDirectories(job.workspace.baselines());
        Files.writeString(
                job.workspace.baselines().resolve(SuspectedLabels.FILE),
                Json.write(new SuspectedLabels("sha256:training", 2000, suspects)));

        EvaluateResult result = job.run();

        Report.Data data = report().data();
        assertThat(data.findings())
                .filteredOn(f -> Objects.equals(f.check(), "SuspectedLabels"))
                .singleElement()
                .satisfies(f -> {
                    assertThat(f.count()).isEqualTo(12);
                    assertThat(f.message())
                            .contains("12 of 2000", "train.csv:5099 'ham', expected 'spam' (98 %)", "and 7 more");
                });
        assertThat(data.suspects()).hasSize(10);
        Report.Mistake first = data.suspects().getFirst();
        assertThat(first.id()).isEqualTo("train.csv:5099");
        assertThat(first.text()).startsWith("See you at dinner, number 5098");
        assertThat(first.label()).isEqualTo("ham");
        assertThat(first.predicted()).isEqualTo("spam");
        Path published =
                job.store.resolve("sms-spam").resolve(result.model().digest().substring(7));
        assertThat(Files.readString(published.resolve("report.html")))
                .contains("labels of train that look wrong", "See you at dinner, number 5098");
    }

    @Test
    void theReportSaysHowMuchOfTrainingWaitedForData() throws IOException {
        EvaluateResult result = job.run();

        Path published =
                job.store.resolve("sms-spam").resolve(result.model().digest().substring(7));
        // 2 seconds of 181, checkpoints left out.
        assertThat(Files.readString(published.resolve("report.html"))).contains("waited for data 1.1 % of the time");
    }

    private Report report() throws IOException {
        return Json.MAPPER.readValue(
                job.workspace.result().resolve("report.json").toFile(), Report.class);
    }
}
