package dev.finetune.trainer.serving;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Request bodies as JSON and text, with every limit that a stranger's input needs. */
final class RequestJson {
    private static final JsonMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(Limits.NESTING)
                            .maxStringLength(Limits.IMAGE_BODY_BYTES)
                            .maxNameLength(256)
                            .maxNumberLength(64)
                            .build())
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private RequestJson() {}

    static JsonNode parse(byte[] body) {
        try {
            JsonNode node = MAPPER.readTree(text(body));
            if (node.isMissingNode()) {
                throw ApiException.badRequest("expected JSON, got an empty body");
            }
            return node;
        } catch (JsonProcessingException e) {
            String where = e.getLocation() == null
                    ? ""
                    : " at line " + e.getLocation().getLineNr() + ", column "
                            + e.getLocation().getColumnNr();
            throw ApiException.badRequest("not valid JSON" + where + ": " + e.getOriginalMessage());
        }
    }

    /** The body as text; anything but UTF-8 is refused rather than guessed. */
    static String text(byte[] body) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(body))
                    .toString();
        } catch (CharacterCodingException e) {
            throw ApiException.badRequest("the body is not valid UTF-8");
        }
    }

    /** The texts of a list, nested lists flattened in order. */
    static List<String> texts(JsonNode list, String where) {
        List<String> texts = new ArrayList<>();
        flatten(list, where, texts);
        return texts;
    }

    private static void flatten(JsonNode node, String where, List<String> texts) {
        if (node.isArray()) {
            for (int i = 0; i < node.size(); i++) {
                flatten(node.get(i), where + "[" + i + "]", texts);
            }
        } else {
            limit(texts.size() + 1);
            texts.add(string(node, where));
        }
    }

    /** Refuses a request of more inputs than it may have. */
    static void limit(int inputs) {
        if (inputs > Limits.INPUTS) {
            throw new ApiException(
                    413, "expected at most " + Limits.INPUTS + " texts in one request; send several requests");
        }
    }

    static String string(JsonNode node, String where) {
        if (!node.isTextual()) {
            throw ApiException.badRequest(where + ": expected a string, got "
                    + node.getNodeType().name().toLowerCase(java.util.Locale.ROOT));
        }
        String text = node.textValue();
        if (!StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
            throw ApiException.badRequest(where + ": half of a surrogate pair is no text");
        }
        return text;
    }

    static void onlyKeys(JsonNode object, String where, Set<String> known) {
        object.fieldNames().forEachRemaining(key -> {
            if (!known.contains(key)) {
                throw ApiException.badRequest(
                        (where.isEmpty() ? key : where + "." + key) + ": unknown field; known here: "
                                + String.join(", ", known.stream().sorted().toList()));
            }
        });
    }
}
