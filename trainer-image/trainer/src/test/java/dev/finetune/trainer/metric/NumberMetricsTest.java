package dev.finetune.trainer.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.finetune.api.Metric;
import java.io.IOException;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Against SciPy and scikit-learn: src/test/python/numbers_golden.py. */
class NumberMetricsTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    static Stream<Named<JsonNode>> cases() throws IOException {
        JsonNode all = JSON.readTree(
                Objects.requireNonNull(NumberMetricsTest.class.getResourceAsStream("numbers-golden.json")));
        return StreamSupport.stream(all.path("cases").spliterator(), false)
                .map(c -> Named.of(c.path("name").asText(), c));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void everyMetricEqualsItsReference(JsonNode golden) {
        Map<String, Double> values = metrics(golden).values();

        assertThat(values.keySet()).containsExactlyInAnyOrderElementsOf(golden.path("values")::fieldNames);
        values.forEach((name, value) -> assertThat(value)
                .as(name)
                .isCloseTo(golden.path("values").path(name).asDouble(), tolerance(golden, name, "values")));
    }

    /** A weight is how often an example counts: what the bootstrap draws. */
    @ParameterizedTest
    @MethodSource("cases")
    void weightsCountAsRepetitions(JsonNode golden) {
        int[] weights = JSON.convertValue(golden.path("weights"), int[].class);
        NumberMetrics metrics = metrics(golden);

        golden.path("weighted")
                .properties()
                .forEach(expected -> assertThat(metrics.value(Metric.valueOf(expected.getKey()), weights))
                        .as(expected.getKey())
                        .isCloseTo(expected.getValue().asDouble(), tolerance(golden, expected.getKey(), "weighted")));
    }

    private static org.assertj.core.data.Offset<Double> tolerance(JsonNode golden, String name, String values) {
        return within(1e-9 * Math.max(1, Math.abs(golden.path(values).path(name).asDouble())));
    }

    private static NumberMetrics metrics(JsonNode golden) {
        return new NumberMetrics(
                JSON.convertValue(golden.path("truth"), double[].class),
                JSON.convertValue(golden.path("predicted"), double[].class));
    }
}
