package dev.finetune.operator.kube;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.finetune.api.Problem;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What of a tree the records of the API can hold. The rest is left out and told: an object that a laxer or a newer schema let in must
 * neither stop the operator nor be taken for one that asks for less.
 */
final class Legible {
    private static final int SHOWN = 60;

    private final List<Problem> problems = new ArrayList<>();

    /** What was left out so far. */
    List<Problem> problems() {
        return problems;
    }

    /** The part of {@code node} that fits {@code type}; null where nothing does, or nothing is there. */
    @Nullable
    JsonNode of(@Nullable JsonNode node, Type type, String path) {
        if (node == null || node.isNull()) {
            return null;
        }
        if (type instanceof ParameterizedType generic) {
            Type[] arguments = generic.getActualTypeArguments();
            return generic.getRawType() == List.class ? list(node, arguments[0], path) : map(node, arguments[1], path);
        }
        Class<?> plain = (Class<?>) type;
        if (plain == JsonNode.class) {
            return node;
        }
        if (plain.isRecord()) {
            return record(node, plain, path);
        }
        boolean fits = plain == String.class && node.isTextual()
                || plain == Boolean.class && node.isBoolean()
                || plain == Integer.class && node.isIntegralNumber() && node.canConvertToInt()
                || plain == Long.class && node.isIntegralNumber() && node.canConvertToLong()
                || plain.isEnum() && node.isTextual() && words(plain).contains(node.textValue());
        return fits ? node : told(node, expected(plain), path);
    }

    private @Nullable JsonNode record(JsonNode node, Class<?> type, String path) {
        if (!node.isObject()) {
            return told(node, "an object", path);
        }
        Map<String, Type> members = new LinkedHashMap<>();
        for (RecordComponent component : type.getRecordComponents()) {
            members.put(name(component), component.getGenericType());
        }
        ObjectNode read = JsonNodeFactory.instance.objectNode();
        node.properties().forEach(member -> {
            String at = path + "." + member.getKey();
            Type known = members.get(member.getKey());
            if (known == null) {
                problems.add(new Problem(
                        at, "this operator does not know the field: remove it, or update the operator to its schema"));
                return;
            }
            JsonNode value = of(member.getValue(), known, at);
            if (value != null) {
                read.set(member.getKey(), value);
            }
        });
        return read;
    }

    private @Nullable JsonNode list(JsonNode node, Type type, String path) {
        if (!node.isArray()) {
            return told(node, "a list", path);
        }
        ArrayNode read = JsonNodeFactory.instance.arrayNode();
        for (int i = 0; i < node.size(); i++) {
            String at = path + "[" + i + "]";
            JsonNode item = node.get(i).isNull() ? told(node.get(i), "an item", at) : of(node.get(i), type, at);
            if (item != null) {
                read.add(item);
            }
        }
        return read;
    }

    private @Nullable JsonNode map(JsonNode node, Type type, String path) {
        if (!node.isObject()) {
            return told(node, "an object", path);
        }
        ObjectNode read = JsonNodeFactory.instance.objectNode();
        node.properties().forEach(entry -> {
            JsonNode value = of(entry.getValue(), type, path + "." + entry.getKey());
            if (value != null) {
                read.set(entry.getKey(), value);
            }
        });
        return read;
    }

    private @Nullable JsonNode told(JsonNode node, String expected, String path) {
        problems.add(new Problem(path, "expected %s, got %s".formatted(expected, shown(node))));
        return null;
    }

    private static String expected(Class<?> type) {
        if (type.isEnum()) {
            return "one of " + words(type);
        }
        return type == String.class ? "text" : type == Boolean.class ? "true or false" : "a whole number";
    }

    private static String shown(JsonNode node) {
        String text = node.toString();
        return node.isObject()
                ? "an object"
                : node.isArray() ? "a list" : text.length() <= SHOWN ? text : text.substring(0, SHOWN) + "...";
    }

    private static List<String> words(Class<?> type) {
        return Arrays.stream(type.getEnumConstants()).map(Object::toString).toList();
    }

    private static String name(RecordComponent component) {
        JsonProperty named = component.getAccessor().getAnnotation(JsonProperty.class);
        return named == null ? component.getName() : named.value();
    }
}
