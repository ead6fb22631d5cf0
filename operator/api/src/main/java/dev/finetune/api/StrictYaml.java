package dev.finetune.api;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;

/** Turns YAML nodes into JSON by the types of our records, and collects what does not fit. */
final class StrictYaml {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
    private static final int DEEPEST = 64;
    /** Plain words that kubectl's YAML 1.1 reads as booleans. */
    private static final Set<String> YAML_1_1_BOOLEANS = Set.of("y", "Y", "n", "N");

    private final List<Problem> problems = new ArrayList<>();
    private int depth;

    List<Problem> problems() {
        return problems;
    }

    /** The object of a record type. */
    ObjectNode object(Node node, Class<?> type, String path) {
        ObjectNode object = JSON.objectNode();
        if (!(node instanceof MappingNode mapping)) {
            complain(node, path, "expected an object, found " + describe(node));
            return object;
        }
        Map<String, RecordComponent> members = new LinkedHashMap<>();
        Arrays.stream(type.getRecordComponents()).forEach(c -> members.put(name(c), c));
        Set<String> seen = new HashSet<>();
        for (NodeTuple tuple : mapping.getValue()) {
            String key = key(tuple.getKeyNode(), path);
            String at = path.isEmpty() ? key : path + "." + key;
            RecordComponent member = members.get(key);
            if (!seen.add(key)) {
                complain(tuple.getKeyNode(), at, "stands twice");
            } else if (member == null) {
                complain(tuple.getKeyNode(), at, "unknown field; known here: " + String.join(", ", members.keySet()));
            } else {
                JsonNode value = value(tuple.getValueNode(), member.getGenericType(), at);
                if (!value.isNull()) {
                    object.set(key, value);
                }
            }
        }
        return object;
    }

    private static String name(RecordComponent component) {
        JsonProperty renamed = component.getAccessor().getAnnotation(JsonProperty.class);
        return renamed == null || renamed.value().isEmpty() ? component.getName() : renamed.value();
    }

    private JsonNode value(Node node, Type type, String path) {
        if (depth > DEEPEST) {
            complain(node, path, "nested too deeply");
            return NullNode.getInstance();
        }
        depth++;
        try {
            if (node.getTag().equals(Tag.NULL)) {
                return NullNode.getInstance();
            }
            if (type instanceof ParameterizedType generic) {
                return generic.getRawType() == List.class
                        ? list(node, generic.getActualTypeArguments()[0], path)
                        : map(node, generic.getActualTypeArguments()[1], path);
            }
            Class<?> plain = (Class<?>) type;
            if (plain.isRecord()) {
                return object(node, plain, path);
            }
            return plain == JsonNode.class ? any(node, path) : scalar(node, plain, path);
        } finally {
            depth--;
        }
    }

    private JsonNode list(Node node, Type item, String path) {
        ArrayNode list = JSON.arrayNode();
        if (node instanceof SequenceNode sequence) {
            int i = 0;
            for (Node element : sequence.getValue()) {
                list.add(value(element, item, path + "[" + i++ + "]"));
            }
        } else {
            complain(node, path, "expected a list, found " + describe(node));
        }
        return list;
    }

    private JsonNode map(Node node, Type valueType, String path) {
        ObjectNode map = JSON.objectNode();
        if (node instanceof MappingNode mapping) {
            for (NodeTuple tuple : mapping.getValue()) {
                String key = key(tuple.getKeyNode(), path);
                map.set(key, value(tuple.getValueNode(), valueType, path + "." + key));
            }
        } else {
            complain(node, path, "expected names with values, found " + describe(node));
        }
        return map;
    }

    private JsonNode any(Node node, String path) {
        return switch (node) {
            case SequenceNode sequence -> list(sequence, JsonNode.class, path);
            case MappingNode mapping -> map(mapping, JsonNode.class, path);
            default -> anyScalar((ScalarNode) node);
        };
    }

    private static JsonNode anyScalar(ScalarNode node) {
        if (node.getTag().equals(Tag.BOOL)) {
            return JSON.booleanNode(isTrue(node));
        }
        if (node.getTag().equals(Tag.INT)) {
            return integer(node).<JsonNode>map(JSON::numberNode).orElseGet(() -> JSON.textNode(node.getValue()));
        }
        return node.getTag().equals(Tag.FLOAT) ? decimal(node) : JSON.textNode(node.getValue());
    }

    private static JsonNode decimal(ScalarNode node) {
        try {
            return JSON.numberNode(new BigDecimal(node.getValue().replace("_", "")));
        } catch (NumberFormatException e) {
            return JSON.textNode(node.getValue());
        }
    }

    private JsonNode scalar(Node node, Class<?> type, String path) {
        if (!(node instanceof ScalarNode scalar)) {
            complain(node, path, "expected " + describe(type) + ", found " + describe(node));
            return NullNode.getInstance();
        }
        if (type == Boolean.class) {
            return scalar.getTag().equals(Tag.BOOL) ? JSON.booleanNode(isTrue(scalar)) : unfit(scalar, type, path);
        }
        if (type == Integer.class || type == Long.class) {
            Optional<BigInteger> number = scalar.getTag().equals(Tag.INT) ? integer(scalar) : Optional.empty();
            int bits = type == Integer.class ? 31 : 63;
            return number.filter(n -> n.bitLength() <= bits)
                    .<JsonNode>map(JSON::numberNode)
                    .orElseGet(() -> unfit(scalar, type, path));
        }
        return text(scalar, type, path);
    }

    private JsonNode text(ScalarNode scalar, Class<?> type, String path) {
        Tag tag = scalar.getTag();
        boolean bare = scalar.isPlain() && YAML_1_1_BOOLEANS.contains(scalar.getValue());
        if (tag.equals(Tag.BOOL) || tag.equals(Tag.INT) || tag.equals(Tag.FLOAT) || bare) {
            String kind = tag.equals(Tag.INT) || tag.equals(Tag.FLOAT) ? "number" : "boolean";
            complain(
                    scalar,
                    path,
                    "expected text, found " + scalar.getValue() + ", which YAML reads as a " + kind + "; write \""
                            + scalar.getValue() + "\" with quotes");
            return NullNode.getInstance();
        }
        if (type.isEnum()) {
            List<String> names =
                    Arrays.stream(type.getEnumConstants()).map(Object::toString).toList();
            if (!names.contains(scalar.getValue())) {
                complain(scalar, path, "expected one of " + names + ", found '" + scalar.getValue() + "'");
            }
        }
        return JSON.textNode(scalar.getValue());
    }

    private JsonNode unfit(ScalarNode scalar, Class<?> type, String path) {
        complain(scalar, path, "expected " + describe(type) + ", found " + describe(scalar));
        return NullNode.getInstance();
    }

    private String key(Node node, String path) {
        if (!(node instanceof ScalarNode scalar)) {
            complain(node, path, "expected a field name, found " + describe(node));
            return "?";
        }
        if (scalar.getTag().equals(Tag.BOOL)) {
            complain(
                    scalar,
                    path,
                    "the key " + scalar.getValue() + " is read by YAML as a boolean; write \"" + scalar.getValue()
                            + "\" with quotes");
        }
        return scalar.getValue();
    }

    private static boolean isTrue(ScalarNode node) {
        return Set.of("true", "yes", "on").contains(node.getValue().toLowerCase(java.util.Locale.ROOT));
    }

    private static Optional<BigInteger> integer(ScalarNode node) {
        try {
            String digits = node.getValue().replace("_", "");
            return Optional.of(
                    digits.matches("[-+]?0[xX].*")
                            ? new BigInteger(digits.replaceFirst("0[xX]", ""), 16)
                            : new BigInteger(digits));
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }

    private static String describe(Class<?> type) {
        if (type == Boolean.class) {
            return "true or false";
        }
        if (type == Integer.class) {
            return "a whole number of at most 32 bits";
        }
        return type == Long.class ? "a whole number" : "text";
    }

    private static String describe(Node node) {
        return switch (node) {
            case SequenceNode ignored -> "a list";
            case MappingNode ignored -> "an object";
            case ScalarNode scalar -> "'" + scalar.getValue() + "'";
            default -> "nothing";
        };
    }

    private void complain(Node node, String path, String message) {
        int line = node.getStartMark() == null ? 0 : node.getStartMark().getLine() + 1;
        problems.add(new Problem(path, message + " (line " + line + ")"));
    }
}
