package dev.finetune.trainer.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import dev.finetune.api.Answer;
import dev.finetune.api.CheckpointPolicy;
import dev.finetune.api.FineTuneJobSpec;
import dev.finetune.api.Hyperparameters;
import dev.finetune.api.Json;
import dev.finetune.api.StrategyType;
import dev.finetune.api.Task;
import dev.finetune.api.TextPreprocessing;
import dev.finetune.api.TrainingSpec;
import dev.finetune.api.run.JobIdentity;
import dev.finetune.api.run.Plan;
import dev.finetune.api.run.Stage;
import dev.finetune.api.run.TrainResult;
import dev.finetune.trainer.TinyModel;
import dev.finetune.trainer.dataset.DatasetInfo;
import dev.finetune.trainer.dataset.Example;
import dev.finetune.trainer.dataset.ExampleFile;
import dev.finetune.trainer.dataset.LabelSet;
import dev.finetune.trainer.dataset.Workspace;
import dev.finetune.trainer.engine.TorchEngine;
import dev.finetune.trainer.engine.Weights;
import dev.finetune.trainer.metric.LabelSetMetrics;
import dev.finetune.trainer.metric.LabelSets;
import dev.finetune.trainer.model.ArtifactPredictor;
import dev.finetune.trainer.transform.TextInput;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Texts that name both colours, one of them, or none: as many labels. */
class LabelSetTrainingTest {
    private static final List<String> LABELS = List.of("blue", "red");
    private static final TextPreprocessing AS_IS = new TextPreprocessing(null, null, null, null);

    @TempDir
    Path folder;

    @ParameterizedTest
    @EnumSource(
            value = StrategyType.class,
            names = {"Full", "FeatureExtraction"})
    void theThresholdAndTheMetricsAreThoseOfTheBestEpochOnValidation(StrategyType strategy) throws Exception {
        Workspace workspace = workspace(folder, 200);

        TrainResult result = TrainStage.run(
                plan(numbers().strategy(strategy).epochs(3).spec(), null), workspace, p -> {}, new StopSignal());

        TrainingRecord record = TrainingRecord.read(workspace.candidate());
        double threshold = Objects.requireNonNull(record.threshold());
        List<Example> validation = examples(60, 2);
        try (ArtifactPredictor candidate =
                ArtifactPredictor.open(workspace.candidate(), AS_IS, record.maxLength(), threshold)) {
            assertThat(candidate.answer()).isEqualTo(Answer.Labels);
            assertThat(candidate.threshold()).isEqualTo(threshold);
            Map<String, Double> measured = measured(candidate.scores(inputs(validation)), validation, threshold);
            assertThat(result.selectBy()).isEqualTo("f1Micro");
            assertThat(Double.parseDouble(result.selectedValue()))
                    .isCloseTo(measured.getOrDefault("f1Micro", Double.NaN), within(1e-9));
            assertThat(record.bestValidationLoss())
                    .isCloseTo(measured.getOrDefault("logLoss", Double.NaN), within(1e-5));
        }
    }

    @Test
    void itLearnsAndLeavesAProbeAndAPriorThatAnswerWithLabels() throws Exception {
        Workspace workspace = workspace(folder, 400);

        TrainResult result =
                TrainStage.run(plan(numbers().epochs(6).spec(), null), workspace, p -> {}, new StopSignal());

        // Both labels always, the best answer that does not look, has 0.57: each holds for two texts of five.
        assertThat(Double.parseDouble(result.selectedValue())).isGreaterThan(0.75);
        List<Example> fresh = examples(200, 9);
        try (ProbePredictor probe = ProbePredictor.open(workspace.baselines(), workspace.model());
                PriorPredictor prior = new PriorPredictor(Prior.read(workspace.baselines()))) {
            assertThat(probe.answer()).isEqualTo(Answer.Labels);
            assertThat(measured(probe.scores(inputs(fresh)), fresh, probe.threshold())
                            .get("f1Micro"))
                    .isGreaterThan(0.7);
            assertThat(prior.answer()).isEqualTo(Answer.Labels);
            assertThat(prior.scores(List.of(TextInput.of("red")))[0])
                    .containsExactly(shareOf("blue", 400), shareOf("red", 400));
        }
    }

    /** The loss is divided by the examples and labels of the whole step, whatever its micro-batches are. */
    @Test
    void smallerMicroBatchesTakeTheSameSteps() throws Exception {
        TrainingSpec training = withoutDropout(numbers().epochs(1).spec());
        Workspace whole = workspace(folder.resolve("whole"), 100);
        Workspace parts = workspace(folder.resolve("parts"), 100);

        TrainStage.run(plan(training, null), whole, p -> {}, new StopSignal());
        TrainResult result = TrainStage.run(plan(training, 3), parts, p -> {}, new StopSignal());

        assertThat(result.microBatchSize()).isEqualTo(3);
        Weights a = Weights.ofFolder(whole.candidate());
        Weights b = Weights.ofFolder(parts.candidate());
        for (String name : a.names()) {
            assertThat(values(b, name)).as(name).containsExactly(values(a, name), within(2e-4f));
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = StrategyType.class,
            names = {"Full", "FeatureExtraction"})
    void askedToStopItGoesOnToTheSameWeightsAndTheSameThreshold(StrategyType strategy) throws Exception {
        TrainingSpec training = numbers().strategy(strategy).epochs(2).spec();
        Workspace undisturbed = workspace(folder.resolve("undisturbed"), 100);
        Workspace stopped = workspace(folder.resolve("stopped"), 100);
        StopSignal stop = new StopSignal();

        TrainResult expected = TrainStage.run(plan(training, null), undisturbed, p -> {}, new StopSignal());
        assertThatThrownBy(() -> TrainStage.run(
                        plan(training, null),
                        stopped,
                        p -> {
                            if (p.step() != null) {
                                stop.request();
                            }
                        },
                        stop))
                .isInstanceOf(Stopped.class);
        TrainResult resumed = TrainStage.run(plan(training, null), stopped, p -> {}, new StopSignal());

        assertThat(resumed.candidateDigest()).isEqualTo(expected.candidateDigest());
        assertThat(TrainingRecord.read(stopped.candidate()).threshold())
                .isEqualTo(TrainingRecord.read(undisturbed.candidate()).threshold());
        assertThat(resumed.exactResume()).isTrue();
    }

    private static Fixtures.Numbers numbers() {
        return Fixtures.hyperparameters().batchSize(16).learningRate("3e-3");
    }

    private static TrainingSpec withoutDropout(TrainingSpec spec) {
        Hyperparameters h = Objects.requireNonNull(spec.hyperparameters());
        Hyperparameters still = new Hyperparameters(
                h.epochs(), h.batchSize(), h.learningRate(), null, null, null, null, null, "0", null, null, h.seed());
        return new TrainingSpec(spec.strategy(), still, null, null, null, null);
    }

    private static float[] values(Weights weights, String name) {
        try (NDManager scope = TorchEngine.start().newScope()) {
            return weights.load(scope, name).toFloatArray();
        }
    }

    private static Map<String, Double> measured(double[][] scores, List<Example> examples, double threshold) {
        LabelSets sets = new LabelSets(LABELS.size());
        int[] truth = examples.stream()
                .mapToInt(e -> sets.number(e.labels(Answer.Labels).stream()
                        .mapToInt(LABELS::indexOf)
                        .toArray()))
                .toArray();
        return LabelSetMetrics.values(sets, truth, scores, threshold);
    }

    private static List<TextInput> inputs(List<Example> examples) {
        return examples.stream().map(Example::input).toList();
    }

    private static double shareOf(String label, int train) {
        return examples(train, 1).stream()
                        .filter(e -> e.labels(Answer.Labels).contains(label))
                        .count()
                / (double) train;
    }

    private static List<Example> examples(int count, long seed) {
        Random random = new Random(seed);
        List<Example> examples = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            List<String> words = new ArrayList<>();
            for (int w = 0; w < 6; w++) {
                words.add(TinyModel.WORDS.get(6 + random.nextInt(TinyModel.WORDS.size() - 6)));
            }
            List<String> colours = new ArrayList<>();
            for (String colour : LABELS) {
                if (random.nextInt(5) < 2) {
                    colours.add(colour);
                    words.add(random.nextInt(words.size()), colour);
                }
            }
            examples.add(new Example(
                    "tiny:" + i, "%016x".formatted(seed * 10000 + i), String.join(" ", words), LabelSet.of(colours)));
        }
        return examples;
    }

    private static Workspace workspace(Path root, int examples) throws IOException {
        Workspace workspace = new Workspace(root);
        TinyModel.write(workspace.model());
        Files.createDirectories(workspace.train());
        List<Example> train = examples(examples, 1);
        List<Example> validation = examples(60, 2);
        ExampleFile.write(workspace.train().resolve("train.jsonl"), train);
        ExampleFile.write(workspace.train().resolve("validation.jsonl"), validation);
        DatasetInfo info = new DatasetInfo(
                1, "sha256:data", "sha256:test", LABELS, train.size(), validation.size(), 0, true, List.of());
        Files.writeString(workspace.train().resolve("dataset.json"), Json.write(info));
        return workspace;
    }

    private static Plan plan(TrainingSpec training, @Nullable Integer microBatchSize) {
        TrainingSpec saving = new TrainingSpec(
                training.strategy(), training.hyperparameters(), null, null, new CheckpointPolicy(300, 2), null);
        FineTuneJobSpec spec = new FineTuneJobSpec(
                Task.MultiLabelTextClassification, null, null, null, null, saving, null, null, null, null, null, null);
        return new Plan(
                Plan.VERSION,
                new JobIdentity("tiny", "default", "uid"),
                Stage.train,
                1,
                spec,
                "",
                List.of(),
                "sha256:model",
                "sha256:data",
                null,
                null,
                null,
                microBatchSize,
                "build");
    }
}
