package dev.finetune.acceptance.job;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * One member of an object with a value of a wrong type, as a laxer or a newer schema lets it in.
 *
 * @param path as messages name it, such as {@code spec.evaluation.gate.rules[0].min}
 */
record Poison(List<String> path, JsonNode value) {
    private static final YAMLMapper YAML = new YAMLMapper();
    private static final String FIRST = "[0]";
    /** What core/v1 defines and our records hold as it comes: looked at only as far as its own members. */
    private static final Pattern OF_CORE =
            Pattern.compile("spec\\.podTemplate\\.(affinity|tolerations\\[0]|resources)\\..+");

    private static final Map<String, JsonNode> VALUES = values();

    /** Every member of the spec of that kind's schema, with every wrong type each. */
    static List<Poison> ofSpec(Path crd) {
        List<Poison> all = new ArrayList<>();
        walk(schema(crd, "spec"), List.of("spec"), (path, wrong) -> wrong.forEach(v -> all.add(new Poison(path, v))));
        return all;
    }

    /** Every member of the status, with one of the wrong types each, in turn. */
    static List<Poison> ofStatus(Path crd) {
        List<Poison> all = new ArrayList<>();
        walk(
                schema(crd, "status"),
                List.of("status"),
                (path, wrong) -> all.add(new Poison(path, wrong.get(all.size() % wrong.size()))));
        return all;
    }

    /** As messages name it. */
    String shown() {
        return String.join(".", path).replace("." + FIRST, FIRST);
    }

    /** Whether the operator has to name the member; null is as good as absent, and core/v1 is not ours. */
    boolean isNamed() {
        return !value.isNull()
                && path.getFirst().equals("spec")
                && !OF_CORE.matcher(shown()).matches();
    }

    /** A copy of the object with the poison in it. */
    ObjectNode into(ObjectNode object) {
        return (ObjectNode) set(object, path, value);
    }

    @Override
    public String toString() {
        return shown() + " = " + value;
    }

    private interface Visitor {
        void visit(List<String> path, List<JsonNode> wrong);
    }

    private static void walk(JsonNode schema, List<String> path, Visitor visitor) {
        visitor.visit(path, wrong(schema));
        if (OF_CORE.matcher(new Poison(path, schema).shown()).matches()) {
            return;
        }
        schema.path("properties").properties().forEach(p -> walk(p.getValue(), append(path, p.getKey()), visitor));
        if (schema.path("items").isObject()) {
            walk(schema.path("items"), append(path, FIRST), visitor);
        }
        if (schema.path("additionalProperties").isObject()) {
            walk(schema.path("additionalProperties"), append(path, "key"), visitor);
        }
    }

    private static List<JsonNode> wrong(JsonNode schema) {
        Map<String, JsonNode> wrong = new LinkedHashMap<>(VALUES);
        boolean anyWord = !schema.has("enum");
        switch (schema.path("type").asText()) {
            case "string" -> {
                if (anyWord) {
                    wrong.remove("word");
                }
            }
            case "integer" -> wrong.remove("whole");
            case "boolean" -> wrong.remove("truth");
            case "array" -> wrong.remove("list");
            case "object" -> wrong.remove("object");
            // A quantity is a number or a text.
            case "" -> List.of("word", "whole", "half").forEach(wrong::remove);
            default -> throw new IllegalStateException("a type that was not thought of: " + schema);
        }
        return List.copyOf(wrong.values());
    }

    private static Map<String, JsonNode> values() {
        JsonNodeFactory json = JsonNodeFactory.instance;
        Map<String, JsonNode> values = new LinkedHashMap<>();
        values.put("word", json.textNode("poison"));
        values.put("whole", json.numberNode(7));
        values.put("half", json.numberNode(0.5));
        values.put("truth", json.booleanNode(true));
        values.put("list", json.arrayNode().add(7));
        values.put("object", json.objectNode().put("poison", 7));
        values.put("null", json.nullNode());
        return values;
    }

    private static JsonNode set(JsonNode target, List<String> path, JsonNode value) {
        if (path.isEmpty()) {
            return value;
        }
        List<String> rest = path.subList(1, path.size());
        if (path.getFirst().equals(FIRST)) {
            ArrayNode list = target.isArray() && !target.isEmpty()
                    ? target.deepCopy()
                    : YAML.createArrayNode().addNull();
            list.set(0, set(list.get(0), rest, value));
            return list;
        }
        ObjectNode object = target.isObject() ? target.deepCopy() : YAML.createObjectNode();
        object.set(path.getFirst(), set(object.path(path.getFirst()), rest, value));
        return object;
    }

    private static List<String> append(List<String> path, String member) {
        List<String> longer = new ArrayList<>(path);
        longer.add(member);
        return List.copyOf(longer);
    }

    private static JsonNode schema(Path crd, String part) {
        try {
            return YAML.readTree(crd.toFile()).at("/spec/versions/0/schema/openAPIV3Schema/properties/" + part);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
