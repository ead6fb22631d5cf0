package dev.finetune.trainer;

import dev.finetune.trainer.engine.RawTensor;
import dev.finetune.trainer.engine.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/** A random BERT of a few thousand weights with a tokenizer of a few words, which learns simple things about colours in a second. */
public final class TinyModel {
    /** All that it knows; 4 and 5 are the colours, what follows says nothing. */
    public static final List<String> WORDS = List.of(
            "[PAD]", "[UNK]", "[CLS]", "[SEP]", "red", "blue", "the", "a", "car", "house", "is", "was", "very", "old",
            "new", "door");

    private static final int HIDDEN = 16;

    private TinyModel() {}

    /** Writes config, tokenizer and weights into that folder. */
    public static void write(Path folder) throws IOException {
        Files.createDirectories(folder);
        Files.writeString(folder.resolve("config.json"), """
                {"model_type": "bert", "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32,
                 "vocab_size": %d, "max_position_embeddings": 32, "type_vocab_size": 2, "hidden_act": "gelu", "pad_token_id": 0,
                 "layer_norm_eps": 1e-12, "initializer_range": 0.02, "hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1}
                """.formatted(WORDS.size()));
        Files.writeString(folder.resolve("tokenizer.json"), tokenizer());
        SafetensorsWriter.write(folder.resolve("model.safetensors"), weights(1));
    }

    /** Its weights, drawn from that seed. */
    public static TreeMap<String, RawTensor> weights(long seed) {
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
