package dev.finetune.trainer.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
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
import dev.finetune.trainer.dataset.TextList;
import dev.finetune.trainer.dataset.Workspace;
import dev.finetune.trainer.engine.TorchEngine;
import dev.finetune.trainer.engine.Weights;
import dev.finetune.trainer.metric.TagMetrics;
import dev.finetune.trainer.metric.TagSequences;
import dev.finetune.trainer.model.ArtifactPredictor;
import dev.finetune.trainer.model.Tokens;
import dev.finetune.trainer.transform.TextInput;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Texts that may name a colour, and "old" after it belongs to it: which colour it is of, only the text says. */
class TagTrainingTest {
    private static final List<String> TAGS = List.of("B-BLUE", "B-RED", "I-BLUE", "I-RED", "O");
    private static final List<String> FILLERS = TinyModel.WORDS.subList(6, TinyModel.WORDS.size()).stream()
            .filter(word -> !word.equals("old"))
            .toList();
    private static final TextPreprocessing AS_IS = new TextPreprocessing(null, null, null, null);

    @TempDir
    Path folder;

    @ParameterizedTest
    @EnumSource(
            value = StrategyType.class,
            names = {"Full", "FeatureExtraction"})
    void theMetricsAreThoseOfTheBestEpochOnValidation(StrategyType strategy) throws Exception {
        Workspace workspace = workspace(folder, 200);

        TrainResult result = TrainStage.run(
                plan(numbers().strategy(strategy).epochs(3).spec(), null), workspace, p -> {}, new StopSignal());

        TrainingRecord record = TrainingRecord.read(workspace.candidate());
        List<Example> validation = examples(60, 2);
        try (ArtifactPredictor candidate = ArtifactPredictor.open(workspace.candidate(), AS_IS, record.maxLength())) {
            assertThat(candidate.answer()).isEqualTo(Answer.Tags);
            Map<String, Double> measured = measured(candidate.scores(inputs(validation)), validation);
            assertThat(result.selectBy()).isEqualTo("f1Micro");
            assertThat(Double.parseDouble(result.selectedValue()))
                    .isCloseTo(measured.getOrDefault("f1Micro", Double.NaN), within(1e-9));
            assertThat(record.bestValidationLoss())
                    .isCloseTo(measured.getOrDefault("logLoss", Double.NaN), within(1e-5));
        }
        assertThat(workspace.baselines().resolve("probe.json")).doesNotExist();
    }

    @Test
    void itLearnsWhatThePriorOfWordsCannotKnow() throws Exception {
        Workspace workspace = workspace(folder, 600);

        TrainResult result =
                TrainStage.run(plan(numbers().epochs(8).spec(), null), workspace, p -> {}, new StopSignal());

        List<Example> fresh = examples(200, 9);
        try (PriorPredictor prior = new PriorPredictor(Prior.read(workspace.baselines()))) {
            assertThat(prior.answer()).isEqualTo(Answer.Tags);
            double ofPrior = measured(prior.scores(inputs(fresh)), fresh).getOrDefault("f1Micro", Double.NaN);
            // It knows colours, and of "old" one of the two.
            assertThat(ofPrior).isBetween(0.5, 0.8);
            assertThat(Double.parseDouble(result.selectedValue())).isGreaterThan(ofPrior + 0.15);
            double[] scores = prior.scores(List.of(TextInput.of("red unheard")))[0];
            assertThat(scores).hasSize(10);
            assertThat(scores[1]).isEqualTo(1);
            assertThat(scores[9]).isBetween(0.7, 0.9);
        }
    }

    /** The loss is divided by the words of the whole step, whatever its micro-batches are. */
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
        assertThat(a.names()).contains("classifier.weight").noneMatch(name -> name.contains("pooler"));
        for (String name : a.names()) {
            assertThat(values(b, name)).as(name).containsExactly(values(a, name), within(2e-4f));
        }
    }

    @Test
    void askedToStopItGoesOnToTheSameWeights() throws Exception {
        TrainingSpec training = numbers().epochs(2).spec();
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
        assertThat(resumed.exactResume()).isTrue();
    }

    /** Of the words of a step those are counted that have a token; a word that is cut off teaches nothing, and is answered with O. */
    @Test
    void onlyWordsWithATokenHaveALoss() {
        Example example = new Example("f:1", "1", "red car blue", TextList.of(List.of("B-RED", "I-RED", "B-RED")));
        Tokens cut = new Tokens(new int[] {2, 4, 8, 3}, new int[4], new int[] {1, 2, -1});
        Objective objective = new TagObjective(
                TorchEngine.start(),
                new Objective.Targets(
                        TAGS, List.of(example, example), List.of(example), List.of(cut, cut), List.of(cut)),
                0);

        try (NDManager scope = TorchEngine.start().newScope()) {
            double loss = objective
                    .loss(scope.create(new float[10], new Shape(2, 5)), new int[] {1}, objective.divisor(new int[] {0, 1
                    }))
                    .getFloat();
            assertThat(objective.divisor(new int[] {0, 1})).isEqualTo(4);
            assertThat(loss).isCloseTo(2 * Math.log(5) / 4, within(1e-6));
        }
        double[][] answers = objective.answers(new float[] {0, 9, 0, 0, 0, 0, 0, 0, 9, 0}, new int[] {0});
        assertThat(answers[0]).hasSize(15).endsWith(0.0, 0.0, 0.0, 0.0, 1.0);
        Map<String, Double> validation = objective.validation(answers);
        assertThat(validation.get("accuracy")).isCloseTo(2 / 3.0, within(1e-12));
        assertThat(validation.get("recallMicro")).isEqualTo(0.5);
        assertThat(validation.get(Objective.LOSS)).isLessThan(0.002);
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

    private static Map<String, Double> measured(double[][] scores, List<Example> examples) {
        TagSequences sequences = new TagSequences(TAGS);
        int[] truth = examples.stream()
                .mapToInt(e -> sequences.number(TextList.read(e.label())))
                .toArray();
        return TagMetrics.values(sequences, truth, scores);
    }

    private static List<TextInput> inputs(List<Example> examples) {
        return examples.stream().map(Example::input).toList();
    }

    private static List<Example> examples(int count, long seed) {
        Random random = new Random(seed);
        List<Example> examples = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            List<String> words = new ArrayList<>();
            List<String> tags = new ArrayList<>();
            String colour = random.nextBoolean() ? "red" : "blue";
            int place = random.nextInt(6);
            for (int w = 0; w < 5; w++) {
                if (w == place) {
                    words.add(colour);
                    tags.add("B-" + colour.toUpperCase(Locale.ROOT));
                    if (random.nextBoolean()) {
                        words.add("old");
                        tags.add("I-" + colour.toUpperCase(Locale.ROOT));
                    }
                }
                words.add(FILLERS.get(random.nextInt(FILLERS.size())));
                tags.add("O");
            }
            examples.add(new Example(
                    "tiny:" + i, "%016x".formatted(seed * 10000 + i), String.join(" ", words), TextList.of(tags)));
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
                1, "sha256:data", "sha256:test", TAGS, train.size(), validation.size(), 0, true, List.of());
        Files.writeString(workspace.train().resolve("dataset.json"), Json.write(info));
        return workspace;
    }

    private static Plan plan(TrainingSpec training, @Nullable Integer microBatchSize) {
        TrainingSpec saving = new TrainingSpec(
                training.strategy(), training.hyperparameters(), null, null, new CheckpointPolicy(300, 2), null);
        FineTuneJobSpec spec = new FineTuneJobSpec(
                Task.TokenClassification, null, null, null, null, saving, null, null, null, null, null, null);
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
