package dev.finetune.trainer.training;

import dev.finetune.api.CheckpointPolicy;
import dev.finetune.api.EvaluationSpec;
import dev.finetune.api.FineTuneJobSpec;
import dev.finetune.api.Json;
import dev.finetune.api.Task;
import dev.finetune.api.TrainingSpec;
import dev.finetune.api.run.JobIdentity;
import dev.finetune.api.run.Plan;
import dev.finetune.api.run.Stage;
import dev.finetune.trainer.dataset.DatasetInfo;
import dev.finetune.trainer.dataset.Example;
import dev.finetune.trainer.dataset.ExampleFile;
import dev.finetune.trainer.dataset.Workspace;
import dev.finetune.trainer.engine.RawTensor;
import dev.finetune.trainer.engine.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A prepared workspace with a random BERT of a few thousand weights and a task it can learn: which of two colours a text names. */
final class TinyWorkspace {
    private static final int HIDDEN = 16;
    private static final List<String> WORDS = List.of(
            "[PAD]", "[UNK]", "[CLS]", "[SEP]", "red", "blue", "the", "a", "car", "house", "is", "was", "very", "old",
            "new", "door");

    private TinyWorkspace() {}

    /** Writes model, train and validation below that folder. */
    static Workspace in(Path root, int examples) throws IOException {
        Workspace workspace = new Workspace(root);
        Files.createDirectories(workspace.model());
        Files.createDirectories(workspace.train());
        Files.writeString(workspace.model().resolve("config.json"), """
                {"model_type": "bert", "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32,
                 "vocab_size": %d, "max_position_embeddings": 32, "type_vocab_size": 2, "hidden_act": "gelu", "pad_token_id": 0,
                 "layer_norm_eps": 1e-12, "initializer_range": 0.02, "hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1}
                """.formatted(WORDS.size()));
        Files.writeString(workspace.model().resolve("tokenizer.json"), tokenizer());
        SafetensorsWriter.write(workspace.model().resolve("model.safetensors"), weights(1));
        List<Example> train = examples(examples, 1);
        List<Example> validation = examples(40, 2);
        ExampleFile.write(workspace.train().resolve("train.jsonl"), train);
        ExampleFile.write(workspace.train().resolve("validation.jsonl"), validation);
        DatasetInfo info = new DatasetInfo(
                1,
                "sha256:data",
                "sha256:test",
                List.of("blue", "red"),
                train.size(),
                validation.size(),
                0,
                true,
                List.of());
        Files.writeString(workspace.train().resolve("dataset.json"), Json.write(info));
        return workspace;
    }

    /** A train plan with that training. */
    static Plan plan(TrainingSpec training, @Nullable Integer microBatchSize) {
        return plan(training, microBatchSize, 300);
    }

    /** The same with a checkpoint each so many seconds; 0 is after every step. */
    static Plan plan(TrainingSpec training, @Nullable Integer microBatchSize, int checkpointSeconds) {
        TrainingSpec saving = new TrainingSpec(
                training.strategy(),
                training.hyperparameters(),
                training.selectBy(),
                training.earlyStopping(),
                new CheckpointPolicy(checkpointSeconds, 2),
                null);
        EvaluationSpec evaluation = new EvaluationSpec("accuracy", "red", null, null, null);
        FineTuneJobSpec spec = new FineTuneJobSpec(
                Task.TextClassification, null, null, null, null, saving, evaluation, null, null, null, null, null);
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

    static List<Example> examples(int count, long seed) {
        Random random = new Random(seed);
        List<Example> examples = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            List<String> words = new ArrayList<>();
            int length = 2 + random.nextInt(12);
            for (int w = 0; w < length; w++) {
                words.add(WORDS.get(6 + random.nextInt(WORDS.size() - 6)));
            }
            String label = random.nextBoolean() ? "red" : "blue";
            words.set(random.nextInt(length), label);
            examples.add(new Example("tiny:" + i, "%016x".formatted(seed * 10000 + i), String.join(" ", words), label));
        }
        return examples;
    }

    static TreeMap<String, RawTensor> weights(long seed) {
        Map<String, long[]> shapes = new LinkedHashMap<>();
        shapes.put("embeddings.word_embeddings.weight", new long[] {WORDS.size(), HIDDEN});
        shapes.put("embeddings.position_embeddings.weight", new long[] {32, HIDDEN});
        shapes.put("embeddings.token_type_embeddings.weight", new long[] {2, HIDDEN});
        norm(shapes, "embeddings.LayerNorm");
        for (int i = 0; i < 2; i++) {
            String layer = "encoder.layer." + i + ".";
            for (String name : List.of(
                    "attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense")) {
                linear(shapes, layer + name, HIDDEN, HIDDEN);
            }
            norm(shapes, layer + "attention.output.LayerNorm");
            linear(shapes, layer + "intermediate.dense", 32, HIDDEN);
            linear(shapes, layer + "output.dense", HIDDEN, 32);
            norm(shapes, layer + "output.LayerNorm");
        }
        Random random = new Random(seed);
        TreeMap<String, RawTensor> weights = new TreeMap<>();
        shapes.forEach((name, shape) -> {
            float[] values = new float[(int) (shape.length == 1 ? shape[0] : shape[0] * shape[1])];
            for (int i = 0; i < values.length; i++) {
                values[i] = name.endsWith("LayerNorm.weight") ? 1 : (float) (0.2 * random.nextGaussian());
            }
            weights.put(name, RawTensor.of(values, shape));
        });
        return weights;
    }

    private static void linear(Map<String, long[]> shapes, String name, int out, int in) {
        shapes.put(name + ".weight", new long[] {out, in});
        shapes.put(name + ".bias", new long[] {out});
    }

    private static void norm(Map<String, long[]> shapes, String name) {
        shapes.put(name + ".weight", new long[] {HIDDEN});
        shapes.put(name + ".bias", new long[] {HIDDEN});
    }

    private static String tokenizer() {
        StringBuilder vocabulary = new StringBuilder();
        for (int i = 0; i < WORDS.size(); i++) {
            vocabulary
                    .append(i == 0 ? "" : ", ")
                    .append('"')
                    .append(WORDS.get(i))
                    .append("\": ")
                    .append(i);
        }
        return """
                {"version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": null,
                 "pre_tokenizer": {"type": "Whitespace"},
                 "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]}, "decoder": null,
                 "model": {"type": "WordLevel", "vocab": {%s}, "unk_token": "[UNK]"}}
                """.formatted(vocabulary);
    }
}
