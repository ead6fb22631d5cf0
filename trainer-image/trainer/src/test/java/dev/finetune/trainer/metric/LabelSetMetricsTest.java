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

/** Against scikit-learn on the indicator matrix: src/test/python/label_sets_golden.py. */
class LabelSetMetricsTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    static Stream<Named<JsonNode>> cases() throws IOException {
        JsonNode all = JSON.readTree(
                Objects.requireNonNull(LabelSetMetricsTest.class.getResourceAsStream("label-sets-golden.json")));
        return StreamSupport.stream(all.path("cases").spliterator(), false)
                .map(c -> Named.of(c.path("name").asText(), c));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void everyMetricEqualsItsReference(JsonNode golden) {
        LabelSets sets = sets(golden);

        Map<String, Double> values = LabelSetMetrics.values(
                sets,
                truth(golden, sets),
                scores(golden),
                golden.path("threshold").asDouble());

        assertThat(values.keySet()).containsExactlyInAnyOrderElementsOf(golden.path("values")::fieldNames);
        values.forEach((name, value) -> assertThat(value)
                .as(name)
                .isCloseTo(golden.path("values").path(name).asDouble(), within(1e-9)));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void everyLabelHasItsOwnNumbers(JsonNode golden) {
        LabelSets sets = sets(golden);
        int[] truth = truth(golden, sets);
        int[] decisions =
                sets.decisions(scores(golden), golden.path("threshold").asDouble());
        ClassCounts counts = ClassCounts.of(sets);
        for (int i = 0; i < truth.length; i++) {
            counts.add(truth[i], decisions[i], 1);
        }

        for (Metric metric : new Metric[] {Metric.precisionPerClass, Metric.recallPerClass, Metric.f1PerClass}) {
            JsonNode expected = golden.path("perClass").path(metric.name());
            for (int label = 0; label < sets.labels(); label++) {
                double value = counts.perClass(metric, label);
                if (expected.has(String.valueOf(label))) {
                    assertThat(value)
                            .as(metric + " of " + label)
                            .isCloseTo(expected.path(String.valueOf(label)).asDouble(), within(1e-9));
                } else {
                    assertThat(value).as(metric + " of " + label).isNaN();
                }
            }
        }
    }

    /** A weight is how often an example counts: what the bootstrap draws. */
    @ParameterizedTest
    @MethodSource("cases")
    void weightsCountAsRepetitions(JsonNode golden) {
        LabelSets sets = sets(golden);
        int[] truth = truth(golden, sets);
        int[] weights = JSON.convertValue(golden.path("weights"), int[].class);
        int[] decisions =
                sets.decisions(scores(golden), golden.path("threshold").asDouble());
        ScoreMetrics ofScores = ScoreMetrics.ofSets(sets, truth, scores(golden));
        ClassCounts counts = ClassCounts.of(sets);
        for (int i = 0; i < truth.length; i++) {
            counts.add(truth[i], decisions[i], weights[i]);
        }

        golden.path("weighted").properties().forEach(expected -> {
            Metric metric = Metric.valueOf(expected.getKey());
            double value = metric.scoreBased() ? ofScores.value(metric, weights) : counts.value(metric, -1);
            assertThat(value)
                    .as(expected.getKey())
                    .isCloseTo(expected.getValue().asDouble(), within(1e-9));
        });
    }

    @ParameterizedTest
    @MethodSource("cases")
    void noThresholdGivesMoreThanTheChosenOne(JsonNode golden) {
        LabelSets sets = sets(golden);
        int[] truth = truth(golden, sets);

        double threshold = Threshold.best(sets, truth, scores(golden));

        int[] decisions = sets.decisions(scores(golden), threshold);
        long hits = 0;
        long sizes = 0;
        for (int i = 0; i < truth.length; i++) {
            for (int label = 0; label < sets.labels(); label++) {
                boolean has = sets.has(truth[i], label);
                boolean given = sets.has(decisions[i], label);
                hits += has && given ? 1 : 0;
                sizes += (has ? 1 : 0) + (given ? 1 : 0);
            }
        }
        assertThat(2.0 * hits / sizes).isCloseTo(golden.path("bestF1").asDouble(), within(1e-12));
    }

    private static LabelSets sets(JsonNode golden) {
        return new LabelSets(golden.path("labels").asInt());
    }

    private static int[] truth(JsonNode golden, LabelSets sets) {
        return StreamSupport.stream(golden.path("truth").spliterator(), false)
                .mapToInt(labels -> sets.number(JSON.convertValue(labels, int[].class)))
                .toArray();
    }

    private static double[][] scores(JsonNode golden) {
        return JSON.convertValue(golden.path("scores"), double[][].class);
    }
}
