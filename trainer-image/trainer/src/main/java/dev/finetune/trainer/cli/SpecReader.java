package dev.finetune.trainer.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.exc.InvalidFormatException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.type.LogicalType;
import dev.finetune.api.FineTuneJobSpec;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Binds a spec to its record and collects every unknown or ill-typed field, not only the first. */
final class SpecReader {
    private static final int MAX_PROBLEMS = 20;

    /** As an API server with a structural schema: no text for numbers, no numbers for text. */
    private static final ObjectMapper STRICT = JsonMapper.builder()
            .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
            .withCoercionConfig(
                    LogicalType.Textual,
                    c -> c.setCoercion(CoercionInputShape.Integer, CoercionAction.Fail)
                            .setCoercion(CoercionInputShape.Float, CoercionAction.Fail)
                            .setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail))
            .withCoercionConfig(LogicalType.Enum, c -> c.setCoercion(CoercionInputShape.Integer, CoercionAction.Fail))
            .build();

    private SpecReader() {}

    /** The spec, or null with at least one problem added. Offending fields are taken out of {@code fields} one by one. */
    static @Nullable FineTuneJobSpec read(ObjectNode fields, List<String> problems) {
        columnNumbers(fields);
        while (problems.size() < MAX_PROBLEMS) {
            try {
                return STRICT.treeToValue(fields, FineTuneJobSpec.class);
            } catch (JsonMappingException e) {
                problems.add("spec." + path(e.getPath()) + ": " + describe(e, fields));
                if (!remove(fields, e.getPath())) {
                    return null;
                }
            } catch (JsonProcessingException e) {
                problems.add("spec: " + e.getOriginalMessage());
                return null;
            }
        }
        return null;
    }

    /** The one place where the schema takes a number for a name: a column of a file without a header. */
    private static void columnNumbers(ObjectNode fields) {
        if (fields.path("dataset").path("columns") instanceof ObjectNode columns) {
            for (String column : List.of("text", "textPair", "label", "image")) {
                if (columns.path(column).isIntegralNumber()) {
                    columns.put(column, columns.get(column).asText());
                }
            }
        }
    }

    private static String describe(JsonMappingException e, ObjectNode fields) {
        String got = "got " + shorten(find(fields, e.getPath()));
        return switch (e) {
            case UnrecognizedPropertyException unknown ->
                "unknown field"
                        + Suggestion.among(
                                unknown.getKnownPropertyIds().stream()
                                        .map(String::valueOf)
                                        .toList(),
                                unknown.getPropertyName());
            case MismatchedInputException mismatch
            when mismatch.getTargetType() != null ->
                "expected " + expected(mismatch.getTargetType()) + ", " + got + suggestion(mismatch);
            default -> e.getOriginalMessage() + ", " + got;
        };
    }

    private static String suggestion(MismatchedInputException e) {
        return e instanceof InvalidFormatException bad && e.getTargetType().isEnum()
                ? Suggestion.among(names(e.getTargetType()), String.valueOf(bad.getValue()))
                : "";
    }

    private static String expected(Class<?> type) {
        if (type.isEnum()) {
            return "one of " + String.join(", ", names(type));
        }
        if (type == String.class) {
            return "text in quotes (decimals are written as \"5e-5\")";
        }
        if (type == Integer.class || type == Long.class) {
            return "a whole number";
        }
        if (type == Boolean.class) {
            return "true or false";
        }
        return List.class.isAssignableFrom(type) ? "a list" : "an object";
    }

    private static List<String> names(Class<?> type) {
        return Arrays.stream(type.getEnumConstants()).map(String::valueOf).toList();
    }

    private static String path(List<JsonMappingException.Reference> path) {
        return path.stream()
                .map(r -> r.getFieldName() != null ? "." + r.getFieldName() : "[" + r.getIndex() + "]")
                .collect(Collectors.joining())
                .replaceFirst("^\\.", "");
    }

    private static @Nullable JsonNode find(JsonNode root, List<JsonMappingException.Reference> path) {
        JsonNode node = root;
        for (JsonMappingException.Reference r : path) {
            node = node == null ? null : r.getFieldName() != null ? node.get(r.getFieldName()) : node.get(r.getIndex());
        }
        return node;
    }

    private static boolean remove(ObjectNode root, List<JsonMappingException.Reference> path) {
        if (path.isEmpty()) {
            return false;
        }
        JsonMappingException.Reference last = path.getLast();
        return switch (find(root, path.subList(0, path.size() - 1))) {
            case ObjectNode object -> object.remove(last.getFieldName()) != null;
            case ArrayNode array -> array.remove(last.getIndex()) != null;
            case null, default -> false;
        };
    }

    private static String shorten(@Nullable JsonNode node) {
        String text = String.valueOf(node);
        return text.length() <= 60 ? text : text.substring(0, 57) + "...";
    }
}
