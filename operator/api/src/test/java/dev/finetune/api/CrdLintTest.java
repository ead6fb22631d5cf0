package dev.finetune.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The rules of our API that a schema can be checked for. */
class CrdLintTest {
    private static final Set<String> YAML_1_1_WORDS = Set.of("y", "n", "yes", "no", "on", "off", "true", "false");
    /** Lower camel case by design: metrics are named as in reports. */
    private static final Set<String> METRICS = Set.of("primaryMetric", "selectBy", "metric", "metrics");

    private final List<String> findings = new ArrayList<>();

    @ParameterizedTest
    @ValueSource(strings = {"finetunejobs", "modeldeployments"})
    void everyFieldFollowsTheRules(String plural) {
        JsonNode root = CrdConformityTest.schema(plural);
        field(root.at("/properties/spec"), "spec");
        field(root.at("/properties/status"), "status");

        assertThat(findings).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"finetunejobs", "modeldeployments"})
    void clientSideApplyWorks(String plural) throws IOException {
        JsonNode crd = Cases.yaml(Cases.CRDS.resolve("finetune.dev_" + plural + ".yaml"));

        assertThat(Json.MAPPER.writeValueAsBytes(crd)).hasSizeLessThan(200_000);
    }

    @Test
    void everyMemberOfAJobButTwoIsImmutable() {
        JsonNode spec = CrdConformityTest.schema("finetunejobs").at("/properties/spec");
        String rules = spec.path("x-kubernetes-validations").toString();
        List<String> required = texts(spec.path("required"));

        spec.path("properties").fieldNames().forEachRemaining(member -> {
            boolean mutable = member.equals("suspend") || member.equals("ttlSecondsAfterFinished");
            String rule = required.contains(member)
                    ? "self." + member + " == oldSelf." + member
                    : "has(self." + member + ") == has(oldSelf." + member + ") && (!has(self." + member + ") || self."
                            + member + " == oldSelf." + member + ")";
            assertThat(rules.contains("\"rule\":\"" + rule + "\""))
                    .as("a rule keeps %s as it is", member)
                    .isEqualTo(!mutable);
        });
    }

    @Test
    void theColumnsAreThoseOfTheDesign() {
        assertThat(columns("finetunejobs", 0))
                .containsExactly("STATUS", "PROGRESS", "METRIC", "BEFORE", "AFTER", "GATE", "AGE");
        assertThat(columns("finetunejobs", 1)).containsExactly("MODEL", "VERSION", "ETA", "RESTARTS");
        assertThat(columns("modeldeployments", 0))
                .containsExactly("READY", "MODEL", "VERSION", "WEIGHT", "CANARY", "URL", "AGE");
        assertThat(columns("modeldeployments", 1)).isEmpty();
    }

    private static List<String> columns(String plural, int priority) {
        JsonNode columns = Cases.yaml(Cases.CRDS.resolve("finetune.dev_" + plural + ".yaml"))
                .at("/spec/versions/0/additionalPrinterColumns");
        return StreamSupport.stream(columns.spliterator(), false)
                .filter(c -> c.path("priority").asInt() == priority)
                .map(c -> c.path("name").asText().toUpperCase(java.util.Locale.ROOT))
                .toList();
    }

    private void field(JsonNode schema, String path) {
        String type = schema.path("type").asText();
        boolean item = path.endsWith("]") || path.endsWith("*");
        rule(path, item || schema.has("description"), "has a description");
        rule(path, !schema.has("default") || List.of("spec.replicas", "status").contains(path), "has no default");
        switch (type) {
            case "string" -> string(schema, path);
            case "integer" ->
                rule(path, schema.path("format").asText().matches("int32|int64"), "has format int32 or int64");
            case "array" -> array(schema, path);
            case "object" -> object(schema, path);
            case "boolean" -> {}
            default -> rule(path, schema.has("x-kubernetes-int-or-string"), "has a type, and is not a number");
        }
    }

    private void string(JsonNode schema, String path) {
        boolean bounded = schema.has("enum")
                || schema.has("maxLength")
                || schema.path("format").asText().equals("date-time");
        rule(path, bounded, "has maxLength");
        String name = path.substring(path.lastIndexOf('.') + 1).replace("[]", "");
        for (String value : texts(schema.path("enum"))) {
            rule(path, METRICS.contains(name) || Character.isUpperCase(value.charAt(0)), value + " is CamelCase");
        }
    }

    private void array(JsonNode schema, String path) {
        String kind = schema.path("x-kubernetes-list-type").asText();
        rule(path, schema.has("maxItems"), "has maxItems");
        rule(path, Set.of("set", "map", "atomic").contains(kind), "has a list type");
        rule(path, kind.equals("map") == schema.has("x-kubernetes-list-map-keys"), "a map list has keys");
        boolean named = schema.at("/items/properties/name").isObject();
        rule(path, !named || kind.equals("map"), "named items make a map list");
        field(schema.path("items"), path + "[]");
    }

    private void object(JsonNode schema, String path) {
        rule(path, !schema.has("x-kubernetes-preserve-unknown-fields"), "knows its fields");
        if (schema.has("additionalProperties")) {
            rule(path, schema.has("maxProperties"), "has maxProperties");
            field(schema.path("additionalProperties"), path + ".*");
        }
        schema.path("properties").properties().forEach(p -> {
            rule(
                    path + "." + p.getKey(),
                    !YAML_1_1_WORDS.contains(p.getKey()),
                    "is not a word that YAML 1.1 reads as a boolean");
            field(p.getValue(), path + "." + p.getKey());
        });
    }

    private void rule(String path, boolean holds, String rule) {
        if (!holds) {
            findings.add(path + " breaks: " + rule);
        }
    }

    private static List<String> texts(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false)
                .map(JsonNode::asText)
                .toList();
    }
}
