package dev.finetune.acceptance.job;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.finetune.api.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A BERT of one layer that is eight numbers wide, as Hugging Face publishes it, and copies of it with one flaw each. */
final class TinyModel {
    private static final int HIDDEN = 8;
    private static final int INNER = 16;
    private static final int POSITIONS = 32;
    private static final int MANY_WORDS = 40_000;
    private static final List<String> VOCABULARY =
            List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "good", "bad", "film");
    private static final String WEIGHTS = "model.safetensors";
    private static final String CONFIG = "config.json";
    private static final String TOKENIZER = "tokenizer.json";

    private TinyModel() {}

    /** Below {@code root}, a folder {@code good}, and one for each flaw that a model is published with. */
    static void writeAll(Path root) throws IOException {
        write(root.resolve("good"));
        flawed(root, "truncated", model -> {
            byte[] whole = Files.readAllBytes(model.resolve(WEIGHTS));
            Files.write(model.resolve(WEIGHTS), java.util.Arrays.copyOf(whole, whole.length - 100));
        });
        flawed(root, "lying-header", model -> {
            // One more row of the same length of text than there are bytes for.
            String lie = "\"shape\":[" + (VOCABULARY.size() - 1) + "," + HIDDEN + "]";
            edit(model.resolve(WEIGHTS), "\"shape\":[" + VOCABULARY.size() + "," + HIDDEN + "]", lie);
        });
        flawed(
                root,
                "lfs-pointer",
                model -> Files.writeString(
                        model.resolve(WEIGHTS),
                        "version https://git-lfs.github.com/spec/v1\noid sha256:" + "0".repeat(64)
                                + "\nsize 90868376\n"));
        flawed(root, "pickle", model -> Files.move(model.resolve(WEIGHTS), model.resolve("pytorch_model.bin")));
        flawed(
                root,
                "other-shapes",
                model -> edit(model.resolve(CONFIG), "\"hidden_size\":" + HIDDEN, "\"hidden_size\":12"));
        flawed(root, "no-config", model -> Files.delete(model.resolve(CONFIG)));
        flawed(root, "config-not-json", model -> Files.writeString(model.resolve(CONFIG), "model_type: bert\n"));
        flawed(root, "unknown-architecture", model -> edit(model.resolve(CONFIG), "\"bert\"", "\"hal9000\""));
        flawed(root, "no-tokenizer", model -> Files.delete(model.resolve(TOKENIZER)));
        flawed(
                root,
                "tokenizer-without-model",
                model -> Files.writeString(model.resolve(TOKENIZER), "{\"version\": \"1.0\"}"));
    }

    private interface Flaw {
        void into(Path model) throws IOException;
    }

    private static void flawed(Path root, String name, Flaw flaw) throws IOException {
        Path model = root.resolve(name);
        write(model);
        flaw.into(model);
    }

    /** In Latin-1, so that the bytes of weights come through. */
    private static void edit(Path file, String what, String with) throws IOException {
        String content = Files.readString(file, StandardCharsets.ISO_8859_1);
        if (!content.contains(what)) {
            throw new IllegalStateException(file + " has no " + what);
        }
        Files.writeString(file, content.replace(what, with), StandardCharsets.ISO_8859_1);
    }

    /** One whose weights are larger than a MiB, most of it words that no text has. */
    static void writeLarge(Path folder) throws IOException {
        write(folder, MANY_WORDS);
    }

    private static void write(Path folder) throws IOException {
        write(folder, VOCABULARY.size());
    }

    private static void write(Path folder, int words) throws IOException {
        Files.createDirectories(folder);
        Files.writeString(folder.resolve("README.md"), "---\nlicense: cc-by-nc-4.0\n---\n# Tiny\n");
        Json.MAPPER.writeValue(folder.resolve(CONFIG).toFile(), config(words));
        Json.MAPPER.writeValue(folder.resolve(TOKENIZER).toFile(), tokenizer());
        Files.write(folder.resolve(WEIGHTS), safetensors(tensors(words)));
    }

    private static ObjectNode config(int words) {
        return Json.MAPPER
                .createObjectNode()
                .put("model_type", "bert")
                .put("vocab_size", words)
                .put("hidden_size", HIDDEN)
                .put("intermediate_size", INNER)
                .put("num_hidden_layers", 1)
                .put("num_attention_heads", 2)
                .put("max_position_embeddings", POSITIONS)
                .put("type_vocab_size", 2)
                .put("hidden_act", "gelu");
    }

    private static ObjectNode tokenizer() {
        ObjectNode tokenizer = Json.MAPPER.createObjectNode().put("version", "1.0");
        ArrayNode added = tokenizer.putArray("added_tokens");
        for (int id = 0; id < 5; id++) {
            added.addObject()
                    .put("id", id)
                    .put("content", VOCABULARY.get(id))
                    .put("single_word", false)
                    .put("lstrip", false)
                    .put("rstrip", false)
                    .put("normalized", false)
                    .put("special", true);
        }
        tokenizer
                .putObject("normalizer")
                .put("type", "BertNormalizer")
                .put("clean_text", true)
                .put("handle_chinese_chars", true)
                .putNull("strip_accents")
                .put("lowercase", true);
        tokenizer.putObject("pre_tokenizer").put("type", "BertPreTokenizer");
        ObjectNode processor = tokenizer.putObject("post_processor").put("type", "BertProcessing");
        processor.putArray("sep").add("[SEP]").add(3);
        processor.putArray("cls").add("[CLS]").add(2);
        tokenizer
                .putObject("decoder")
                .put("type", "WordPiece")
                .put("prefix", "##")
                .put("cleanup", true);
        ObjectNode vocabulary = tokenizer
                .putObject("model")
                .put("type", "WordPiece")
                .put("unk_token", "[UNK]")
                .put("continuing_subword_prefix", "##")
                .put("max_input_chars_per_word", 100)
                .putObject("vocab");
        for (int id = 0; id < VOCABULARY.size(); id++) {
            vocabulary.put(VOCABULARY.get(id), id);
        }
        return tokenizer;
    }

    private static Map<String, int[]> tensors(int words) {
        Map<String, int[]> shapes = new LinkedHashMap<>();
        shapes.put("embeddings.word_embeddings.weight", new int[] {words, HIDDEN});
        shapes.put("embeddings.position_embeddings.weight", new int[] {POSITIONS, HIDDEN});
        shapes.put("embeddings.token_type_embeddings.weight", new int[] {2, HIDDEN});
        norm(shapes, "embeddings.LayerNorm");
        String layer = "encoder.layer.0.";
        for (String part : List.of("self.query", "self.key", "self.value", "output.dense")) {
            linear(shapes, layer + "attention." + part, HIDDEN, HIDDEN);
        }
        norm(shapes, layer + "attention.output.LayerNorm");
        linear(shapes, layer + "intermediate.dense", INNER, HIDDEN);
        linear(shapes, layer + "output.dense", HIDDEN, INNER);
        norm(shapes, layer + "output.LayerNorm");
        linear(shapes, "pooler.dense", HIDDEN, HIDDEN);
        return shapes;
    }

    private static void linear(Map<String, int[]> shapes, String name, int out, int in) {
        shapes.put(name + ".weight", new int[] {out, in});
        shapes.put(name + ".bias", new int[] {out});
    }

    private static void norm(Map<String, int[]> shapes, String name) {
        shapes.put(name + ".weight", new int[] {HIDDEN});
        shapes.put(name + ".bias", new int[] {HIDDEN});
    }

    /** Eight bytes little-endian with the header's length, the header, the numbers. */
    private static byte[] safetensors(Map<String, int[]> tensors) throws IOException {
        ObjectNode header = Json.MAPPER.createObjectNode();
        ByteArrayOutputStream data = new ByteArrayOutputStream();
        for (Map.Entry<String, int[]> tensor : tensors.entrySet()) {
            int count = java.util.Arrays.stream(tensor.getValue()).reduce(1, (a, b) -> a * b);
            ByteBuffer numbers = ByteBuffer.allocate(count * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
            for (int i = 0; i < count; i++) {
                boolean scale = tensor.getKey().endsWith("LayerNorm.weight");
                numbers.putFloat(scale ? 1 : (float) (0.1 * Math.sin(data.size() + 7.0 * i)));
            }
            ObjectNode entry = header.putObject(tensor.getKey()).put("dtype", "F32");
            ArrayNode shape = entry.putArray("shape");
            java.util.Arrays.stream(tensor.getValue()).forEach(shape::add);
            entry.putArray("data_offsets").add(data.size()).add(data.size() + numbers.capacity());
            data.write(numbers.array());
        }
        byte[] text = Json.MAPPER.writeValueAsBytes(header);
        return ByteBuffer.allocate(8 + text.length + data.size())
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(text.length)
                .put(text)
                .put(data.toByteArray())
                .array();
    }
}
