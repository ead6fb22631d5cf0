package dev.finetune.trainer.model;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.finetune.api.FailureClass;
import dev.finetune.api.Json;
import dev.finetune.api.run.StageException;
import java.io.CharConversionException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** A model's {@code config.json}, with errors that name the file and the key. */
public record ModelConfig(Path file, ObjectNode json) {
    /** Reads a folder's config.json. */
    public static ModelConfig read(Path folder) {
        Path file = folder.resolve("config.json");
        if (Files.notExists(file)) {
            throw new StageException(
                    FailureClass.SourceUnavailable,
                    "%s is missing; a model folder holds config.json, tokenizer.json and *.safetensors"
                            .formatted(file));
        }
        return new ModelConfig(file, json(file));
    }

    static ObjectNode json(Path file) {
        try {
            if (new ObjectMapper().readTree(file.toFile()) instanceof ObjectNode object) {
                return object;
            }
        } catch (JsonProcessingException | CharConversionException e) {
            throw new StageException(
                    FailureClass.InvalidData, "%s is not JSON (%s); fetch it again".formatted(file, Json.fault(e)), e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        throw new StageException(FailureClass.InvalidData, "%s is not a JSON object".formatted(file));
    }

    /** A positive whole number that must be there. */
    int count(String key) {
        JsonNode value = json.path(key);
        if (!value.isIntegralNumber() || !value.canConvertToInt() || value.asInt() < 1) {
            throw invalid(key, "a whole number of at least 1");
        }
        return value.asInt();
    }

    /** A list of positive whole numbers that must be there. */
    List<Integer> counts(String key) {
        List<Integer> values = new ArrayList<>();
        for (JsonNode value : json.path(key)) {
            if (!value.isIntegralNumber() || !value.canConvertToInt() || value.asInt() < 1) {
                throw invalid(key, "a list of whole numbers of at least 1");
            }
            values.add(value.asInt());
        }
        if (values.isEmpty()) {
            throw invalid(key, "a list of whole numbers of at least 1");
        }
        return values;
    }

    /** A list of that many positive whole numbers that must be there. */
    List<Integer> counts(String key, int length) {
        List<Integer> values = counts(key);
        if (values.size() != length) {
            throw invalid(key, "a list of " + length + " whole numbers");
        }
        return values;
    }

    /** A positive whole number, or the default where the key is absent or null. */
    int countOr(String key, int absent) {
        return json.hasNonNull(key) ? count(key) : absent;
    }

    /** A truth value, or the default where the key is absent or null. */
    boolean flagOr(String key, boolean absent) {
        JsonNode value = json.path(key);
        if (value.isMissingNode() || value.isNull()) {
            return absent;
        }
        if (!value.isBoolean()) {
            throw invalid(key, "true or false");
        }
        return value.asBoolean();
    }

    /** A whole number from 0, or the default where the key is absent or null. */
    int indexOr(String key, int absent) {
        JsonNode value = json.path(key);
        if (value.isMissingNode() || value.isNull()) {
            return absent;
        }
        if (!value.isIntegralNumber() || !value.canConvertToInt() || value.asInt() < 0) {
            throw invalid(key, "a whole number of at least 0");
        }
        return value.asInt();
    }

    /** A number from 0, or the default where the key is absent or null. */
    double numberOr(String key, double absent) {
        JsonNode value = json.path(key);
        if (value.isMissingNode() || value.isNull()) {
            return absent;
        }
        if (!value.isNumber() || !(value.asDouble() >= 0)) {
            throw invalid(key, "a number of at least 0");
        }
        return value.asDouble();
    }

    /** A text, or the default where the key is absent or null. */
    String textOr(String key, String absent) {
        JsonNode value = json.path(key);
        return value.isTextual() ? value.asText() : absent;
    }

    /** The labels of {@code id2label}, in order, where it has them all. */
    public Optional<List<String>> labels() {
        JsonNode map = json.path("id2label");
        if (!map.isObject() || map.isEmpty()) {
            return Optional.empty();
        }
        TreeMap<Integer, String> byId = new TreeMap<>();
        for (Map.Entry<String, JsonNode> entry : map.properties()) {
            try {
                byId.put(Integer.parseInt(entry.getKey()), entry.getValue().asText());
            } catch (NumberFormatException e) {
                throw invalid("id2label", "class numbers as keys");
            }
        }
        if (byId.firstKey() != 0 || byId.lastKey() != byId.size() - 1) {
            throw invalid("id2label", "the class numbers 0 to %d".formatted(byId.size() - 1));
        }
        return Optional.of(new ArrayList<>(byId.values()));
    }

    StageException invalid(String key, String expected) {
        return new StageException(
                FailureClass.InvalidData,
                "%s: %s must be %s and is %s; correct the file or choose another model"
                        .formatted(file, key, expected, json.path(key).isMissingNode() ? "absent" : json.path(key)));
    }
}
