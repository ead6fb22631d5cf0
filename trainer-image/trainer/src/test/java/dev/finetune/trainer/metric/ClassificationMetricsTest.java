package dev.finetune.trainer.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.finetune.api.Json;
import dev.finetune.api.Metric;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ClassificationMetricsTest {
    private static final Offset<Double> EXACT = within(1e-9);

    static Stream<Arguments> references() throws IOException {
        try (InputStream in = ClassificationMetricsTest.class.getResourceAsStream("metrics-golden.json")) {
            return StreamSupport.stream(Json.MAPPER.readTree(in).spliterator(), false)
                    .map(node -> Arguments.of(node.get("name").asText(), node));
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("references")
    void equalsScikitLearn(String name, JsonNode reference) {
        JsonNode positive = reference.get("positiveLabel");
        ClassificationMetrics metrics = ClassificationMetrics.of(
                Json.MAPPER.convertValue(reference.get("truth"), int[].class),
                Json.MAPPER.convertValue(reference.get("probabilities"), double[][].class),
                Json.MAPPER.convertValue(
                        reference.get("labels"),
                        Json.MAPPER.getTypeFactory().constructCollectionType(List.class, String.class)),
                positive.isNull() ? null : positive.asText());

        JsonNode values = reference.get("values");
        assertThat(metrics.values().keySet()).containsExactlyInAnyOrderElementsOf(values::fieldNames);
        values.fields()
                .forEachRemaining(value -> assertThat(metrics.values().get(value.getKey()))
                        .as(value.getKey())
                        .isEqualTo(value.getValue().asDouble(), EXACT));
        reference.get("perClass").fields().forEachRemaining(metric -> {
            Map<String, Double> ours =
                    metrics.perClass(Metric.of(metric.getKey()).orElseThrow());
            assertThat(ours.keySet()).containsExactlyInAnyOrderElementsOf(metric.getValue()::fieldNames);
            ours.forEach((label, value) -> assertThat(value)
                    .as(metric.getKey() + " of " + label)
                    .isEqualTo(metric.getValue().get(label).asDouble(), EXACT));
        });
        assertThat(metrics.confusion())
                .isDeepEqualTo(Json.MAPPER.convertValue(reference.get("confusion"), long[][].class));
    }

    @Test
    void equalsTheSharedReferences() throws IOException {
        Path shared = Path.of("../../../shared/data/golden/metrics/classification.json");
        Assumptions.assumeTrue(Files.exists(shared), "only where the shared references lie beside the repository");
        for (JsonNode reference : Json.MAPPER.readTree(shared.toFile())) {
            int classes = reference.get("classes").asInt();
            List<String> labels = List.of("a", "b", "c", "d", "e").subList(0, classes);
            ClassificationMetrics metrics = ClassificationMetrics.of(
                    Json.MAPPER.convertValue(reference.get("y"), int[].class),
                    Json.MAPPER.convertValue(reference.get("p"), double[][].class),
                    labels,
                    classes == 2 ? "b" : null);
            Map<String, String> names = Map.of(
                    "accuracy", "accuracy",
                    "balancedAccuracy", "balancedAccuracy",
                    "logLoss", "logLoss",
                    "mcc", "mcc",
                    "ece15", "ece",
                    "rocAuc", "rocAuc",
                    "prAuc", "prAuc");
            names.forEach((theirs, ours) -> assertThat(metrics.values().get(ours))
                    .as(ours)
                    .isEqualTo(reference.get(theirs).asDouble(), EXACT));
        }
    }

    @Test
    void listsLabelsWithoutExamples() {
        ClassificationMetrics metrics = ClassificationMetrics.of(
                new int[] {0, 2}, new double[][] {{1, 0, 0}, {0, 0, 1}}, List.of("a", "b", "c"), null);

        assertThat(metrics.absentLabels()).containsExactly("b");
        assertThat(metrics.perClass(Metric.recallPerClass)).containsOnlyKeys("a", "c");
        assertThat(metrics.value(Metric.f1Macro)).hasValue(1.0);
        assertThat(metrics.value(Metric.f1)).isEmpty();
    }

    @Test
    void refusesScoresThatDoNotMatchTheLabels() {
        assertThatThrownBy(() -> ClassificationMetrics.of(new int[] {0}, new double[0][], List.of("a", "b"), null))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("0 and 1");
    }
}
