package dev.finetune.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** YAML and records say the same: names, types, enums, required. */
class CrdConformityTest {
    private final List<String> differences = new ArrayList<>();

    @Test
    void theRecordsOfFineTuneJobFollowItsSchema() {
        JsonNode root = schema("finetunejobs");
        compareObject(root.at("/properties/spec"), FineTuneJobSpec.class, "spec");
        compareObject(root.at("/properties/status"), FineTuneJobStatus.class, "status");

        assertThat(differences).isEmpty();
    }

    @Test
    void theRecordsOfModelDeploymentFollowItsSchema() {
        JsonNode root = schema("modeldeployments");
        compareObject(root.at("/properties/spec"), ModelDeploymentSpec.class, "spec");
        compareObject(root.at("/properties/status"), ModelDeploymentStatus.class, "status");

        assertThat(differences).isEmpty();
    }

    @Test
    void theMetricsAreThoseOfTheSchema() {
        JsonNode evaluation = schema("finetunejobs").at("/properties/spec/properties/evaluation/properties");

        assertThat(enumOf(evaluation.at("/primaryMetric"))).isEqualTo(metrics(Metric::mayBePrimary));
        assertThat(enumOf(schema("finetunejobs").at("/properties/spec/properties/training/properties/selectBy")))
                .isEqualTo(metrics(Metric::mayBePrimary));
        assertThat(enumOf(evaluation.at("/metrics/items"))).isEqualTo(metrics(Metric::mayBeListed));
        assertThat(enumOf(evaluation.at("/gate/properties/rules/items/properties/metric")))
                .isEqualTo(metrics(Metric::mayBeRuled));
    }

    @Test
    void everyFailureClassIsExplained() {
        String reasons = schema("finetunejobs")
                .at("/properties/status/properties/conditions/items/properties/reason/description")
                .asText();

        for (FailureClass failure : FailureClass.values()) {
            assertThat(reasons).containsPattern("\\b" + failure + "\\b");
        }
    }

    @Test
    void bothKindsHaveTheSamePodTemplate() {
        String job = schema("finetunejobs")
                .at("/properties/spec/properties/podTemplate")
                .toString();
        String deployment = schema("modeldeployments")
                .at("/properties/spec/properties/podTemplate")
                .toString();

        assertThat(deployment.replace("the server pods", "the stage pods"))
                .isEqualTo(job.replace("for train; prepare and evaluate keep theirs", "for the server"));
    }

    static JsonNode schema(String plural) {
        return Cases.yaml(Cases.CRDS.resolve("finetune.dev_" + plural + ".yaml"))
                .at("/spec/versions/0/schema/openAPIV3Schema");
    }

    private void compareObject(JsonNode schema, Class<?> type, String path) {
        expect(path, "type", "object", schema.path("type").asText());
        Map<String, RecordComponent> components = new TreeMap<>();
        Arrays.stream(type.getRecordComponents()).forEach(c -> components.put(name(c), c));
        TreeSet<String> properties = new TreeSet<>();
        schema.path("properties").fieldNames().forEachRemaining(properties::add);
        expect(path, "members", components.keySet().toString(), properties.toString());
        List<String> required = texts(schema.path("required"));
        components.forEach((name, component) -> {
            if (!component.getAnnotatedType().isAnnotationPresent(Nullable.class)) {
                expect(path + "." + name, "required", "true", String.valueOf(required.contains(name)));
            }
            compare(schema.path("properties").path(name), component.getGenericType(), path + "." + name);
        });
    }

    private void compare(JsonNode schema, Type type, String path) {
        switch (type) {
            case ParameterizedType list
            when list.getRawType() == List.class -> {
                expect(path, "type", "array", schema.path("type").asText());
                compare(schema.path("items"), list.getActualTypeArguments()[0], path + "[]");
            }
            case ParameterizedType map -> {
                expect(path, "type", "object", schema.path("type").asText());
                compare(schema.path("additionalProperties"), map.getActualTypeArguments()[1], path + ".*");
            }
            case Class<?> plain -> comparePlain(schema, plain, path);
            default -> differences.add(path + ": no such type in records: " + type);
        }
    }

    private void comparePlain(JsonNode schema, Class<?> type, String path) {
        if (type.isPrimitive()) {
            differences.add(path + ": boxed types only, found " + type);
        } else if (type.isRecord()) {
            compareObject(schema, type, path);
        } else if (type.isEnum()) {
            expect(path, "enum", names(type), enumOf(schema).toString());
        } else if (type == String.class) {
            expect(path, "type", "string", schema.path("type").asText());
        } else if (type == Boolean.class) {
            expect(path, "type", "boolean", schema.path("type").asText());
        } else if (type == Integer.class || type == Long.class) {
            expect(path, "type", "integer", schema.path("type").asText());
            expect(
                    path,
                    "format",
                    type == Integer.class ? "int32" : "int64",
                    schema.path("format").asText());
        } else {
            expect(path, "type", "JSON", type == JsonNode.class ? "JSON" : type.getName());
        }
    }

    private void expect(String path, String what, String record, String schema) {
        if (!record.equals(schema)) {
            differences.add(path + ": " + what + " is " + record + " in the record, " + schema + " in the schema");
        }
    }

    private static String name(RecordComponent component) {
        JsonProperty renamed = component.getAccessor().getAnnotation(JsonProperty.class);
        return renamed == null ? component.getName() : renamed.value();
    }

    private static String names(Class<?> type) {
        return new TreeSet<>(Arrays.stream(type.getEnumConstants())
                        .map(Object::toString)
                        .toList())
                .toString();
    }

    private static TreeSet<String> enumOf(JsonNode schema) {
        return new TreeSet<>(texts(schema.path("enum")));
    }

    private static TreeSet<String> metrics(java.util.function.Predicate<Metric> of) {
        return new TreeSet<>(
                Arrays.stream(Metric.values()).filter(of).map(Metric::name).toList());
    }

    private static List<String> texts(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false)
                .map(JsonNode::asText)
                .toList();
    }
}
