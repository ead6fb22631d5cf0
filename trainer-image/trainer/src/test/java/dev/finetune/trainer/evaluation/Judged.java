package dev.finetune.trainer.evaluation;

import dev.finetune.api.BaseModelSource;
import dev.finetune.api.CheckAction;
import dev.finetune.api.DeployedModel;
import dev.finetune.api.EvaluationSpec;
import dev.finetune.api.Finding;
import dev.finetune.api.FineTuneJobSpec;
import dev.finetune.api.Gate;
import dev.finetune.api.GateRule;
import dev.finetune.api.Json;
import dev.finetune.api.MetricResult;
import dev.finetune.api.OutputSpec;
import dev.finetune.api.Task;
import dev.finetune.api.run.EvaluateResult;
import dev.finetune.api.run.JobIdentity;
import dev.finetune.api.run.Plan;
import dev.finetune.api.run.Progress;
import dev.finetune.api.run.Stage;
import dev.finetune.trainer.artifact.Manifest;
import dev.finetune.trainer.artifact.Manifests;
import dev.finetune.trainer.dataset.DatasetInfo;
import dev.finetune.trainer.dataset.Example;
import dev.finetune.trainer.dataset.ExampleFile;
import dev.finetune.trainer.dataset.Workspace;
import dev.finetune.trainer.model.Predictor;
import dev.finetune.trainer.transform.Input;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A workspace as prepare and train leave it, with models that are functions, ready to be judged. */
final class Judged {
    static final List<String> LABELS = List.of("ham", "spam");
    static final String DEPLOYED = "sha256:" + "d".repeat(64);

    final Workspace workspace;
    final Path store;
    final List<Progress> progress = new ArrayList<>();
    final List<Example> test = new ArrayList<>();
    final List<Example> validation = new ArrayList<>();
    final Map<String, Function<Example, double[]>> models = new HashMap<>();
    List<String> deployedLabels = LABELS;
    List<String> baseModelLabels = List.of();
    List<DeployedModel> deployed = List.of();
    List<GateRule> rules = new ArrayList<>();
    boolean testIndependent = true;
    String model = "https://models.example/minilm";
    Integer testUses = 1;

    @Nullable
    String imbalance;

    private final Map<String, Example> byText = new HashMap<>();

    Judged(Path folder) throws IOException {
        workspace = new Workspace(folder.resolve("workspace"));
        store = Files.createDirectories(folder.resolve("store"));
        for (int i = 0; i < 400; i++) {
            test.add(example("test.csv", i, i % 5 == 0 ? "spam" : "ham"));
        }
        for (int i = 0; i < 200; i++) {
            validation.add(example("train.csv", 1000 + i, i % 5 == 0 ? "spam" : "ham"));
        }
        models.put("candidate", e -> wrongEvery(25, e, 0.97));
        models.put("prior", e -> new double[] {0.8, 0.2});
        models.put("probe", e -> wrongEvery(8, e, 0.8));
        models.put("base", e -> wrongEvery(3, e, 0.6));
        models.put(DEPLOYED, e -> wrongEvery(10, e, 0.9));
    }

    private Example example(String file, int i, String label) {
        String text = (label.equals("spam") ? "Win a prize now, call " : "See you at dinner, number ")
                + i
                + " and so on".repeat(i % 7);
        Example example = new Example(file + ":" + (i + 1), String.format("%016x", 1000L + i), text, label);
        byText.put(text, example);
        return example;
    }

    /** Wrong on each n-th example, with a score for the answer that varies a little. */
    static double[] wrongEvery(int n, Example example, double sure) {
        long number = Long.parseLong(example.key(), 16);
        boolean spam = example.label().equals("spam") ^ number % n == 0;
        double score = sure - (number % 13) / 100.0;
        return spam ? new double[] {1 - score, score} : new double[] {score, 1 - score};
    }

    /** Something serves, published with that f1 and its interval, trained on these examples. */
    void deploy(String f1, String low, String high, List<Example> trainedOn) throws IOException {
        deployed = List.of(new DeployedModel(DEPLOYED, "pvc://models/sms-spam", "spam"));
        Path folder = Files.createDirectories(workspace.deployed(DEPLOYED));
        ByteBuffer keys = ByteBuffer.allocate(8 * trainedOn.size());
        trainedOn.forEach(e -> keys.putLong(Long.parseUnsignedLong(e.key(), 16)));
        Files.write(folder.resolve("train-keys.bin"), keys.array());
        Manifest manifest = Manifests.with(new MetricResult("f1", f1, low, high, List.of()));
        Files.write(folder.resolve("manifest.json"), Json.MAPPER.writeValueAsBytes(manifest));
    }

    EvaluateResult run() throws IOException {
        writeWorkspace();
        return EvaluateStage.run(
                plan(),
                workspace,
                store,
                new Source(),
                Clock.fixed(Instant.parse("2026-01-02T03:04:05Z"), ZoneOffset.UTC),
                1000,
                progress::add);
    }

    Plan plan() {
        FineTuneJobSpec spec = new FineTuneJobSpec(
                Task.TextClassification,
                null,
                null,
                new BaseModelSource(model, null, null),
                null,
                null,
                new EvaluationSpec("f1", "spam", null, null, new Gate("0.95", 200, 20, rules)),
                new OutputSpec("sms-spam", null),
                null,
                null,
                null,
                null);
        return new Plan(
                Plan.VERSION,
                new JobIdentity("sms-spam-1", "default", "uid"),
                Stage.evaluate,
                1,
                spec,
                "pvc://models",
                deployed,
                "sha256:" + "b".repeat(64),
                "sha256:data",
                "sha256:test",
                "sha256:candidate",
                testUses,
                null,
                "0.1.0");
    }

    private void writeWorkspace() throws IOException {
        ExampleFile.write(workspace.test().resolve("test.jsonl"), test);
        ExampleFile.write(workspace.train().resolve("validation.jsonl"), validation);
        ExampleFile.write(
                workspace.train().resolve("train.jsonl"),
                java.util.stream.IntStream.range(0, 2000)
                        .mapToObj(i -> example("train.csv", 5000 + i, i % 5 == 0 ? "spam" : "ham"))
                        .toList());
        Files.write(workspace.train().resolve("train-keys.bin"), new byte[8]);
        List<Finding> findings = List.of(
                new Finding(
                        "duplicates",
                        CheckAction.Remove,
                        328L,
                        "328 copies of earlier rows: train.csv:12 = train.csv:7."),
                new Finding("leakage", CheckAction.Remove, 4L, "4 training rows are in the test set: train.csv:99."));
        DatasetInfo info = new DatasetInfo(
                1,
                "sha256:data",
                "sha256:test",
                LABELS,
                2000,
                validation.size(),
                test.size(),
                testIndependent,
                findings);
        Files.write(workspace.train().resolve("dataset.json"), Json.MAPPER.writeValueAsBytes(info));
        Files.createDirectories(workspace.candidate());
        Files.writeString(workspace.candidate().resolve("model.safetensors"), "weights");
        Files.writeString(workspace.candidate().resolve("config.json"), "{}");
        Files.createDirectories(workspace.model());
        Files.writeString(workspace.model().resolve("config.json"), "{}");
        Files.writeString(workspace.model().resolve("README.md"), "---\nlicense: apache-2.0\n---\n");
        Files.write(workspace.candidate().resolve("training.json"), Json.MAPPER.writeValueAsBytes(training()));
        Files.write(workspace.run().resolve("history.json"), Json.MAPPER.writeValueAsBytes(history()));
    }

    private Map<String, Object> training() {
        Map<String, Object> record = new LinkedHashMap<>();
        record.put("preprocessing", Map.of("maxLength", 128));
        record.put("maxLength", 128);
        record.put(
                "hyperparameters",
                Map.of("strategy", "Full", "epochs", 3, "learningRate", 5e-5, "batchSize", 32, "seed", 42));
        record.put("selectBy", "f1");
        record.put("selectedValue", 0.951);
        record.put("bestStep", 126);
        record.put("bestEpoch", 2);
        record.put("bestTrainLoss", 0.04);
        record.put("bestValidationLoss", 0.07);
        record.put("steps", 189);
        record.put("epochs", 3);
        record.put("stoppedBecause", "all epochs were done");
        record.put("exactResume", true);
        record.put("hardware", Map.of("cpu", "A processor", "threads", 2));
        record.put("imbalance", imbalance);
        record.put("microBatchSize", 32);
        record.put("paddingShare", 0.07);
        record.put("secondsPerEpoch", 61.5);
        return record;
    }

    private static Map<String, Object> history() {
        List<Object> steps = new ArrayList<>();
        List<Object> epochs = new ArrayList<>();
        for (int step = 1; step <= 189; step++) {
            double loss = 0.6 * Math.exp(-step / 30.0)
                    + 0.03
                    + 0.04 * Math.abs(Math.sin(step * 1.7)) * Math.exp(-step / 90.0);
            steps.add(Map.of("step", step, "loss", loss, "learningRate", 5e-5 * (1 - step / 189.0), "gradientNorm", 1));
            if (step % 63 == 0) {
                int epoch = step / 63;
                Map<String, Double> validation = Map.of(
                        "loss",
                        0.09 - 0.01 * epoch,
                        "f1",
                        0.9 + 0.02 * Math.min(2, epoch),
                        "accuracy",
                        0.97 + 0.005 * epoch);
                epochs.add(Map.of(
                        "epoch",
                        epoch,
                        "step",
                        step,
                        "trainLoss",
                        0.2 / epoch,
                        "validation",
                        validation,
                        "seconds",
                        60));
            }
        }
        Map<String, Double> time = new LinkedHashMap<>();
        time.put("data", 2.0);
        time.put("forward", 60.0);
        time.put("backward", 110.0);
        time.put("optimizer", 9.0);
        time.put("checkpoint", 0.5);
        return Map.of("steps", steps, "epochs", epochs, "time", time);
    }

    private final class Source implements PredictorSource {
        @Override
        public Predictor candidate() {
            // In another order than the data's labels, as a model may have them.
            return new Fake("candidate", List.of("spam", "ham"));
        }

        @Override
        public Predictor prior() {
            return new Fake("prior", LABELS);
        }

        @Override
        public Predictor probe() {
            return new Fake("probe", LABELS);
        }

        @Override
        public List<String> baseModelLabels() {
            return baseModelLabels;
        }

        @Override
        public Predictor baseModel() {
            return new Fake("base", baseModelLabels);
        }

        @Override
        public Predictor deployed(String digest) {
            return new Fake(digest, deployedLabels);
        }
    }

    /** Scores by label name; a label that the function does not know gets what is left. */
    private final class Fake implements Predictor {
        private final String name;
        private final List<String> labels;

        Fake(String name, List<String> labels) {
            this.name = name;
            this.labels = labels;
        }

        @Override
        public List<String> labels() {
            return labels;
        }

        @Override
        public double[][] scores(List<? extends Input> inputs) {
            return inputs.stream()
                    .map(input -> {
                        double[] byLabel =
                                models.get(name).apply(byText.get(input.texts().text()));
                        return labels.stream()
                                .mapToDouble(l -> {
                                    int known = LABELS.indexOf(l.toLowerCase(java.util.Locale.ROOT));
                                    return known < 0 ? 0 : byLabel[known];
                                })
                                .toArray();
                    })
                    .toArray(double[][]::new);
        }

        @Override
        public void close() {}
    }
}
