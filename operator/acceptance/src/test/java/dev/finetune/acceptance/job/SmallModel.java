package dev.finetune.acceptance.job;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.finetune.api.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What is left of a published BERT with its first two layers and its most frequent word pieces: real weights that learn, a fourth of
 * MiniLM's, so that a training with a checkpoint every second does not fill the disk's queue and the cores of those beside it.
 */
final class SmallModel {
    private static final int LAYERS = 2;
    /** With all single letters and digits, of which any word can be made. */
    private static final int PIECES = 5000;

    private static final Pattern LAYER = Pattern.compile(".*\\.layer\\.(\\d+)\\..*");
    private static final String WEIGHTS = "model.safetensors";
    private static final String CONFIG = "config.json";
    private static final String TOKENIZER = "tokenizer.json";
    private static final String OFFSETS = "data_offsets";

    private SmallModel() {}

    /** Writes the cut of the model in folder {@code whole} into folder {@code cut}. */
    static Path cut(Path whole, Path cut) throws IOException {
        Files.createDirectories(cut);
        ObjectNode config =
                (ObjectNode) Json.MAPPER.readTree(whole.resolve(CONFIG).toFile());
        config.put("num_hidden_layers", LAYERS).put("vocab_size", PIECES);
        Files.writeString(cut.resolve(CONFIG), Json.write(config));
        JsonNode tokenizer = Json.MAPPER.readTree(whole.resolve(TOKENIZER).toFile());
        ((ObjectNode) tokenizer.at("/model/vocab")).removeIf(id -> id.asInt() >= PIECES);
        Files.writeString(cut.resolve(TOKENIZER), Json.write(tokenizer));
        Files.write(cut.resolve(WEIGHTS), cutWeights(Files.readAllBytes(whole.resolve(WEIGHTS))));
        return cut;
    }

    private static byte[] cutWeights(byte[] whole) throws IOException {
        int length = Math.toIntExact(
                ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN).getLong());
        int data = Long.BYTES + length;
        ObjectNode header = Json.MAPPER.createObjectNode();
        ByteArrayOutputStream kept = new ByteArrayOutputStream();
        for (Map.Entry<String, JsonNode> tensor :
                Json.MAPPER.readTree(whole, Long.BYTES, length).properties()) {
            String name = tensor.getKey();
            Matcher layer = LAYER.matcher(name);
            if (name.equals("__metadata__") || layer.matches() && Integer.parseInt(layer.group(1)) >= LAYERS) {
                continue;
            }
            ObjectNode entry = tensor.getValue().deepCopy();
            int from = entry.path(OFFSETS).path(0).asInt();
            int bytes = entry.path(OFFSETS).path(1).asInt() - from;
            if (name.endsWith("word_embeddings.weight")) {
                int width = entry.path("shape").path(1).asInt();
                entry.putArray("shape").add(PIECES).add(width);
                bytes = PIECES * width * Float.BYTES;
            }
            entry.putArray(OFFSETS).add(kept.size()).add(kept.size() + bytes);
            header.set(name, entry);
            kept.write(whole, data + from, bytes);
        }
        byte[] json = Json.write(header).getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(Long.BYTES + json.length + kept.size())
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(json.length)
                .put(json)
                .put(kept.toByteArray())
                .array();
    }
}
