package dev.finetune.trainer.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import dev.finetune.api.Checks;
import dev.finetune.api.DatasetSpec;
import dev.finetune.api.EarlyStopping;
import dev.finetune.api.FailureClass;
import dev.finetune.api.Imbalance;
import dev.finetune.api.Json;
import dev.finetune.api.NamedValue;
import dev.finetune.api.StrategyType;
import dev.finetune.api.TextPreprocessing;
import dev.finetune.api.TrainingSpec;
import dev.finetune.api.WarnAction;
import dev.finetune.api.run.Progress;
import dev.finetune.api.run.StageException;
import dev.finetune.api.run.TrainResult;
import dev.finetune.trainer.TinyModel;
import dev.finetune.trainer.dataset.Example;
import dev.finetune.trainer.dataset.ExampleFile;
import dev.finetune.trainer.dataset.Workspace;
import dev.finetune.trainer.engine.RawTensor;
import dev.finetune.trainer.engine.SafetensorsWriter;
import dev.finetune.trainer.engine.TorchEngine;
import dev.finetune.trainer.engine.Weights;
import dev.finetune.trainer.model.ArtifactPredictor;
import dev.finetune.trainer.transform.TextInput;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainStageTest {
    @TempDir
    Path folder;

    @Test
    void learnsAndLeavesCandidateBaselinesAndHistory() throws Exception {
        Workspace workspace = TinyWorkspace.in(folder, 400);
        List<Progress> progress = new ArrayList<>();

        TrainResult result = TrainStage.run(
                TinyWorkspace.plan(learning().epochs(4).spec(), null), workspace, progress::add, new StopSignal());

        assertThat(Double.parseDouble(result.selectedValue())).isGreaterThan(0.95);
        assertThat(result.steps()).isEqualTo(100);
        assertThat(result.dataWaitShare()).isStrictlyBetween(0.0, 0.5);
        assertThat(result.exactResume()).isTrue();
        assertThat(result.candidateDigest()).isEqualTo(Candidate.digest(workspace.candidate()));
        assertThat(workspace.candidate().resolve("model.safetensors")).exists();
        History history =
                Json.MAPPER.readValue(Files.readAllBytes(workspace.run().resolve("history.json")), History.class);
        assertThat(history.epochs()).hasSize(4);
        assertThat(history.epochs().getLast().trainLoss())
                .isLessThan(history.epochs().getFirst().trainLoss());
        assertThat(history.steps()).hasSize(100);
        assertThat(history.time().backward()).isPositive();
        assertThat(history.paddingShare()).isBetween(0.0, 0.3);
        assertThat(progress.getLast().percent()).isEqualTo(100);
        try (ProbePredictor probe = ProbePredictor.open(workspace.baselines(), workspace.model());
                PriorPredictor prior = new PriorPredictor(Prior.read(workspace.baselines()))) {
            List<Example> fresh = TinyWorkspace.examples(200, 9);
            assertThat(accuracy(probe.scores(texts(fresh)), probe.labels(), fresh))
                    .isGreaterThan(0.7);
            assertThat(Arrays.stream(prior.scores(List.of(TextInput.of("red")))[0])
                            .sum())
                    .isCloseTo(1.0, within(1e-12));
        }
    }

    @Test
    void featureExtractionTrainsTheHeadAlone() throws Exception {
        Workspace workspace = TinyWorkspace.in(folder, 200);

        TrainStage.run(
                TinyWorkspace.plan(
                        learning().strategy(StrategyType.FeatureExtraction).spec(), null),
                workspace,
                p -> {},
                new StopSignal());

        Weights before = Weights.ofFolder(workspace.model());
        Weights after = Weights.ofFolder(workspace.candidate());
        for (String name : before.names()) {
            assertThat(values(after, "bert." + name)).as(name).isEqualTo(values(before, name));
        }
        assertThat(after.names()).contains("classifier.weight", "bert.pooler.dense.weight");
    }

    @Test
    void featureExtractionTrainsTheHeadOnWhatItWillBeGiven() throws Exception {
        Workspace workspace = TinyWorkspace.in(folder, 200);
        Path averaging = Path.of(TrainStageTest.class
                .getResource("/golden/modernbert-mean/config.json")
                .toURI());
        for (String file : List.of("config.json", "model.safetensors")) {
            Files.copy(
                    averaging.resolveSibling(file),
                    workspace.model().resolve(file),
                    StandardCopyOption.REPLACE_EXISTING);
        }

        TrainStage.run(
                TinyWorkspace.plan(
                        learning().strategy(StrategyType.FeatureExtraction).spec(), null),
                workspace,
                p -> {},
                new StopSignal());

        History history =
                Json.MAPPER.readValue(Files.readAllBytes(workspace.run().resolve("history.json")), History.class);
        List<Example> validation = TinyWorkspace.examples(40, 2);
        try (ArtifactPredictor candidate =
                ArtifactPredictor.open(workspace.candidate(), new TextPreprocessing(null, null, null, null), 24)) {
            double[][] scores = candidate.scores(texts(validation));
            double loss = 0;
            for (int i = 0; i < scores.length; i++) {
                loss -= Math.log(scores[i][
                                candidate.labels().indexOf(validation.get(i).label())])
                        / scores.length;
            }
            assertThat(loss).isCloseTo(history.epochs().getLast().validation().get("loss"), within(1e-5));
        }
    }

    @Test
    void smallerMicroBatchesTakeTheSameSteps() throws Exception {
        TrainingSpec training =
                withoutDropout(learning().epochs(1).batchSize(16).spec());
        Workspace whole = TinyWorkspace.in(folder.resolve("whole"), 100);
        Workspace parts = TinyWorkspace.in(folder.resolve("parts"), 100);

        TrainStage.run(TinyWorkspace.plan(training, null), whole, p -> {}, new StopSignal());
        TrainResult result = TrainStage.run(TinyWorkspace.plan(training, 3), parts, p -> {}, new StopSignal());

        assertThat(result.microBatchSize()).isEqualTo(3);
        assertThat(result.steps()).isEqualTo(7);
        Weights a = Weights.ofFolder(whole.candidate());
        Weights b = Weights.ofFolder(parts.candidate());
        for (String name : a.names()) {
            float[] expected = values(a, name);
            float[] actual = values(b, name);
            for (int i = 0; i < expected.length; i++) {
                assertThat(actual[i]).as("%s[%d]", name, i).isCloseTo(expected[i], within(2e-4f));
            }
        }
    }

    @Test
    void askedToStopItSavesAndGoesOnToTheSameWeights() throws Exception {
        TrainingSpec training = learning().epochs(2).spec();
        Workspace undisturbed = TinyWorkspace.in(folder.resolve("undisturbed"), 100);
        Workspace stopped = TinyWorkspace.in(folder.resolve("stopped"), 100);
        StopSignal stop = new StopSignal();

        TrainResult expected =
                TrainStage.run(TinyWorkspace.plan(training, null), undisturbed, p -> {}, new StopSignal());
        assertThatThrownBy(() -> TrainStage.run(TinyWorkspace.plan(training, null), stopped, afterAStep(stop), stop))
                .isInstanceOf(Stopped.class)
                .hasMessageContaining("step 1;");
        TrainResult resumed = TrainStage.run(TinyWorkspace.plan(training, null), stopped, p -> {}, new StopSignal());

        assertThat(resumed.candidateDigest()).isEqualTo(expected.candidateDigest());
        assertThat(resumed.exactResume()).isTrue();
    }

    @Test
    void askedToStopBeforeTheFirstStepItGoesOnAllTheSame() throws Exception {
        TrainingSpec training = learning().epochs(1).spec();
        Workspace undisturbed = TinyWorkspace.in(folder.resolve("undisturbed"), 100);
        Workspace stopped = TinyWorkspace.in(folder.resolve("stopped"), 100);
        StopSignal early = new StopSignal();
        early.request();

        TrainResult expected =
                TrainStage.run(TinyWorkspace.plan(training, null), undisturbed, p -> {}, new StopSignal());
        assertThatThrownBy(() -> TrainStage.run(TinyWorkspace.plan(training, null), stopped, p -> {}, early))
                .isInstanceOf(Stopped.class);
        TrainResult resumed = TrainStage.run(TinyWorkspace.plan(training, null), stopped, p -> {}, new StopSignal());

        assertThat(resumed.candidateDigest()).isEqualTo(expected.candidateDigest());
    }

    @Test
    void goingOnWithSmallerMicroBatchesIsAllowedAndToldApart() throws Exception {
        TrainingSpec training = learning().epochs(2).spec();
        Workspace workspace = TinyWorkspace.in(folder, 100);
        StopSignal stop = new StopSignal();

        assertThatThrownBy(() -> TrainStage.run(TinyWorkspace.plan(training, null), workspace, afterAStep(stop), stop))
                .isInstanceOf(Stopped.class);
        TrainResult resumed = TrainStage.run(TinyWorkspace.plan(training, 4), workspace, p -> {}, new StopSignal());

        assertThat(resumed.exactResume()).isFalse();
        assertThat(resumed.steps()).isEqualTo(2 * 7);
    }

    @Test
    void givesUpWhenPatienceIsUsedUpAndKeepsTheBestEpoch() throws Exception {
        Workspace workspace = TinyWorkspace.in(folder, 200);
        TrainingSpec patient = learning().epochs(40).spec();
        TrainingSpec training = new TrainingSpec(
                patient.strategy(), patient.hyperparameters(), null, new EarlyStopping(2, "0.01"), null, null);

        TrainResult result = TrainStage.run(TinyWorkspace.plan(training, null), workspace, p -> {}, new StopSignal());

        assertThat(result.stoppedBecause()).isEqualTo("EarlyStopping");
        assertThat(result.epochs()).isLessThan(40);
        assertThat(result.bestStep()).isLessThan(result.steps());
    }

    @Test
    void numbersThatAreNoneAnyMoreEndItWithStepRateAndExamples() throws Exception {
        Workspace workspace = TinyWorkspace.in(folder, 50);
        TreeMap<String, RawTensor> broken = TinyModel.weights(1);
        broken.put("encoder.layer.1.output.LayerNorm.bias", RawTensor.of(nans(), 16));
        SafetensorsWriter.write(workspace.model().resolve("model.safetensors"), broken);

        assertThatThrownBy(() -> TrainStage.run(
                        TinyWorkspace.plan(learning().spec(), null), workspace, p -> {}, new StopSignal()))
                .isInstanceOf(StageException.class)
                .hasMessageContaining("optimizer step 1")
                .hasMessageContaining("tiny:")
                .extracting(e -> ((StageException) e).failure())
                .isEqualTo(FailureClass.NumericDivergence);
    }

    @Test
    void progressIsToldFromTheFirstFeaturesOfTheProbeOn() throws Exception {
        Workspace workspace = TinyWorkspace.in(folder, 50);
        List<Progress> told = new ArrayList<>();

        TrainStage.run(TinyWorkspace.plan(learning().spec(), null), workspace, told::add, new StopSignal());

        assertThat(told.getFirst().metrics()).extracting(NamedValue::name).containsExactly("probeFeaturesPercent");
        assertThat(told.getFirst().percent()).isZero();
        assertThat(told.getLast().step()).isEqualTo(told.getLast().totalSteps());
    }

    @Test
    void labelsOfTrainThatAreWrongAreSuspected() throws Exception {
        Workspace workspace = TinyWorkspace.in(folder, 600);
        Path file = workspace.train().resolve("train.jsonl");
        List<Example> planted = new ArrayList<>();
        List<Example> train = new ArrayList<>();
        for (Example e : ExampleFile.read(file)) {
            Example wrong = new Example(e.id(), e.key(), e.text(), e.label().equals("red") ? "blue" : "red");
            boolean here = train.size() % 20 == 7;
            train.add(here ? wrong : e);
            planted.addAll(here ? List.of(wrong) : List.of());
        }
        ExampleFile.write(file, train);

        TrainStage.run(
                TinyWorkspace.plan(learning().spec(), null, checks(WarnAction.Ignore)),
                workspace,
                p -> {},
                new StopSignal());
        assertThat(workspace.baselines().resolve(SuspectedLabels.FILE)).doesNotExist();
        TrainStage.run(TinyWorkspace.plan(learning().spec(), null), workspace, p -> {}, new StopSignal());

        List<SuspectedLabels.Suspect> found =
                SuspectedLabels.read(workspace.baselines()).orElseThrow().suspects();
        assertThat(found.subList(0, 20))
                .extracting(SuspectedLabels.Suspect::id)
                .filteredOn(id -> planted.stream().anyMatch(e -> e.id().equals(id)))
                .hasSizeGreaterThan(10);
    }

    @Test
    void weightedClassesTakeTheSameStepsInSmallerMicroBatches() throws Exception {
        TrainingSpec training =
                withoutDropout(learning().epochs(1).batchSize(16).spec());
        DatasetSpec weighted = balanced(Imbalance.ClassWeights);
        Workspace plain = uneven("plain");
        Workspace whole = uneven("whole");
        Workspace parts = uneven("parts");

        TrainResult without = TrainStage.run(TinyWorkspace.plan(training, null), plain, p -> {}, new StopSignal());
        TrainResult with =
                TrainStage.run(TinyWorkspace.plan(training, null, weighted), whole, p -> {}, new StopSignal());
        TrainStage.run(TinyWorkspace.plan(training, 3, weighted), parts, p -> {}, new StopSignal());

        assertThat(with.steps()).isEqualTo(without.steps());
        assertThat(with.candidateDigest()).isNotEqualTo(without.candidateDigest());
        Weights a = Weights.ofFolder(whole.candidate());
        Weights b = Weights.ofFolder(parts.candidate());
        for (String name : a.names()) {
            assertThat(values(b, name)).as(name).containsExactly(values(a, name), within(2e-4f));
        }
        TrainingRecord record = TrainingRecord.read(whole.candidate());
        assertThat(record.imbalance()).isEqualTo("ClassWeights: red 2.50, blue 0.625");
        assertThat(TrainingRecord.read(plain.candidate()).imbalance()).isNull();
        assertThat(Files.readAllBytes(whole.baselines().resolve("probe.safetensors")))
                .isEqualTo(Files.readAllBytes(plain.baselines().resolve("probe.safetensors")));
    }

    @Test
    void stoppedInAnEpochThatRepeatsRareLabelsItGoesOnToTheSameWeights() throws Exception {
        TrainingSpec training = learning().epochs(2).spec();
        DatasetSpec repeated = balanced(Imbalance.Oversample);
        Workspace undisturbed = uneven("undisturbed");
        Workspace stopped = uneven("stopped");
        StopSignal stop = new StopSignal();
        List<Progress> progress = new ArrayList<>();

        TrainResult expected = TrainStage.run(
                TinyWorkspace.plan(training, null, repeated), undisturbed, progress::add, new StopSignal());
        assertThatThrownBy(() ->
                        TrainStage.run(TinyWorkspace.plan(training, null, repeated), stopped, afterAStep(stop), stop))
                .isInstanceOf(Stopped.class)
                .hasMessageContaining("step 1;");
        TrainResult resumed =
                TrainStage.run(TinyWorkspace.plan(training, null, repeated), stopped, p -> {}, new StopSignal());

        assertThat(resumed.candidateDigest()).isEqualTo(expected.candidateDigest());
        assertThat(resumed.exactResume()).isTrue();
        // 80 blue ones and 20 red ones four times over, in steps of 16.
        assertThat(expected.steps()).isEqualTo(2 * 10);
        assertThat(progress.getLast().totalSteps()).isEqualTo(2 * 10);
        TrainingRecord record = TrainingRecord.read(undisturbed.candidate());
        assertThat(record.imbalance())
                .startsWith("Oversample: 160 examples an epoch instead of 100, each red 4.00 times");
        History history =
                Json.MAPPER.readValue(Files.readAllBytes(undisturbed.run().resolve("history.json")), History.class);
        double steps = history.steps().subList(0, 10).stream()
                .mapToDouble(History.Steps::loss)
                .average()
                .orElseThrow();
        assertThat(history.epochs().getFirst().trainLoss()).isCloseTo(steps, within(1e-5));
    }

    @Test
    void aCheckpointOfAnotherBalanceIsNotGoneOnFrom() throws Exception {
        TrainingSpec training = learning().epochs(2).spec();
        Workspace workspace = uneven("workspace");
        StopSignal stop = new StopSignal();

        assertThatThrownBy(() -> TrainStage.run(TinyWorkspace.plan(training, null), workspace, afterAStep(stop), stop))
                .isInstanceOf(Stopped.class);
        TrainResult weighted = TrainStage.run(
                TinyWorkspace.plan(training, null, balanced(Imbalance.ClassWeights)),
                workspace,
                p -> {},
                new StopSignal());

        Workspace fresh = uneven("fresh");
        assertThat(weighted.candidateDigest())
                .isEqualTo(TrainStage.run(
                                TinyWorkspace.plan(training, null, balanced(Imbalance.ClassWeights)),
                                fresh,
                                p -> {},
                                new StopSignal())
                        .candidateDigest());
    }

    /** 80 texts of one label and 20 of the other. */
    private Workspace uneven(String name) throws Exception {
        Workspace workspace = TinyWorkspace.in(folder.resolve(name), 400);
        Path file = workspace.train().resolve("train.jsonl");
        List<Example> all = ExampleFile.read(file);
        List<Example> some = new ArrayList<>();
        some.addAll(all.stream().filter(e -> e.label().equals("blue")).limit(80).toList());
        some.addAll(all.stream().filter(e -> e.label().equals("red")).limit(20).toList());
        ExampleFile.write(file, some);
        return workspace;
    }

    private static DatasetSpec balanced(Imbalance imbalance) {
        return new DatasetSpec(null, null, null, null, null, null, null, null, null, null, null, imbalance);
    }

    private static DatasetSpec checks(WarnAction suspectedLabels) {
        return new DatasetSpec(
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                new Checks(null, null, null, null, null, null, null, null, suspectedLabels));
    }

    @Test
    void aMetricThatCannotSelectIsRefusedBeforeAnyTimeIsSpent() throws Exception {
        Workspace workspace = TinyWorkspace.in(folder, 50);
        TrainingSpec training = new TrainingSpec(null, null, "f1PerClass", null, null, null);

        assertThatThrownBy(
                        () -> TrainStage.run(TinyWorkspace.plan(training, null), workspace, p -> {}, new StopSignal()))
                .hasMessageContaining("selectBy")
                .hasMessageContaining("f1PerClass");
    }

    private static Consumer<Progress> afterAStep(StopSignal stop) {
        return progress -> {
            if (progress.step() != null) {
                stop.request();
            }
        };
    }

    private static Fixtures.Numbers learning() {
        return Fixtures.hyperparameters()
                .epochs(1)
                .batchSize(16)
                .learningRate("3e-3")
                .seed(3);
    }

    static TrainingSpec withoutDropout(TrainingSpec spec) {
        var n = java.util.Objects.requireNonNull(spec.hyperparameters());
        return new TrainingSpec(
                spec.strategy(),
                new dev.finetune.api.Hyperparameters(
                        n.epochs(),
                        n.batchSize(),
                        n.learningRate(),
                        null,
                        null,
                        null,
                        null,
                        null,
                        "0",
                        null,
                        null,
                        n.seed()),
                null,
                null,
                null,
                null);
    }

    private static float[] nans() {
        float[] values = new float[16];
        java.util.Arrays.fill(values, Float.NaN);
        return values;
    }

    private static float[] values(Weights weights, String name) {
        try (NDManager scope = TorchEngine.start().newScope()) {
            return weights.load(scope, name).toFloatArray();
        }
    }

    private static List<TextInput> texts(List<Example> examples) {
        return examples.stream().map(Example::input).toList();
    }

    private static double accuracy(double[][] scores, List<String> labels, List<Example> examples) {
        int right = 0;
        for (int i = 0; i < scores.length; i++) {
            right += labels.get(scores[i][0] > scores[i][1] ? 0 : 1)
                            .equals(examples.get(i).label())
                    ? 1
                    : 0;
        }
        return (double) right / scores.length;
    }
}
