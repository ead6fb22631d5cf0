package dev.finetune.trainer.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.finetune.api.Metric;
import dev.finetune.trainer.transform.Entity;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Against seqeval in its default mode: src/test/python/tags_golden.py. */
class TagMetricsTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    static Stream<Named<JsonNode>> cases() throws IOException {
        JsonNode all =
                JSON.readTree(Objects.requireNonNull(TagMetricsTest.class.getResourceAsStream("tags-golden.json")));
        return StreamSupport.stream(all.path("cases").spliterator(), false)
                .map(c -> Named.of(c.path("name").asText(), c));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void everyMetricEqualsItsReference(JsonNode golden) {
        TagSequences sequences = sequences(golden);

        Map<String, Double> values = TagMetrics.values(sequences, truth(golden, sequences), scores(golden));

        assertThat(values.keySet()).containsExactlyInAnyOrderElementsOf(golden.path("values")::fieldNames);
        values.forEach((name, value) -> assertThat(value)
                .as(name)
                .isCloseTo(golden.path("values").path(name).asDouble(), within(1e-9)));
    }

    /** What a draw of the bootstrap is: each text as often as its weight says. */
    @ParameterizedTest
    @MethodSource("cases")
    void aTextThatCountsSeveralTimesIsThatManyTexts(JsonNode golden) {
        TagSequences sequences = sequences(golden);
        int[] truth = truth(golden, sequences);
        int[] decisions = sequences.decisions(scores(golden));
        int[] weights = JSON.convertValue(golden.path("weights"), int[].class);
        ClassCounts counts = ClassCounts.of(sequences);
        for (int i = 0; i < truth.length; i++) {
            counts.add(truth[i], decisions[i], weights[i]);
        }

        golden.path("weighted").properties().forEach(expected -> {
            Metric metric = Metric.of(expected.getKey()).orElseThrow();
            double value = metric == Metric.logLoss
                    ? new TagMetrics(sequences, truth, scores(golden)).value(metric, weights)
                    : counts.value(metric, -1);
            assertThat(value)
                    .as(expected.getKey())
                    .isCloseTo(expected.getValue().asDouble(), within(1e-9));
        });
    }

    @ParameterizedTest
    @MethodSource("cases")
    void everyTypeHasItsOwnNumbers(JsonNode golden) {
        TagSequences sequences = sequences(golden);
        int[] truth = truth(golden, sequences);
        int[] decisions = sequences.decisions(scores(golden));
        ClassCounts counts = ClassCounts.of(sequences);
        for (int i = 0; i < truth.length; i++) {
            counts.add(truth[i], decisions[i], 1);
        }

        for (int type = 0; type < sequences.labels(); type++) {
            JsonNode expected = golden.path("perType").path(sequences.types().get(type));
            assertThat(counts.actual(type)).isEqualTo(expected.path("support").asLong());
            if (counts.actual(type) == 0) {
                assertThat(counts.perClass(Metric.recallPerClass, type)).isNaN();
                continue;
            }
            assertThat(counts.perClass(Metric.precisionPerClass, type))
                    .isCloseTo(expected.path("precision").asDouble(), within(1e-9));
            assertThat(counts.perClass(Metric.recallPerClass, type))
                    .isCloseTo(expected.path("recall").asDouble(), within(1e-9));
            assertThat(counts.perClass(Metric.f1PerClass, type))
                    .isCloseTo(expected.path("f1").asDouble(), within(1e-9));
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void tagsMarkTheEntitiesThatTheyMarkForSeqeval(JsonNode golden) {
        for (int i = 0; i < golden.path("truth").size(); i++) {
            List<Entity> expected = new ArrayList<>();
            golden.path("entities")
                    .get(i)
                    .forEach(e -> expected.add(new Entity(
                            e.get(0).asText(), e.get(1).asInt(), e.get(2).asInt())));

            assertThat(Entity.of(texts(golden.path("truth").get(i)))).isEqualTo(expected);
        }
    }

    /** Of a deployed model with a type of its own: seqeval would count its entities as wrong ones too. */
    @Test
    void aTypeThatTheDataLacksMakesMicroPrecisionWorseAndHasNoClass() {
        TagSequences sequences = new TagSequences(List.of("B-LOC", "I-LOC", "O"));
        int truth = sequences.number(List.of("B-LOC", "O", "O"));
        int given = sequences.number(List.of("B-LOC", "B-ORG", "I-ORG"));
        ClassCounts counts = ClassCounts.of(sequences);
        counts.add(truth, given, 1);

        assertThat(counts.value(Metric.precisionMicro, -1)).isEqualTo(0.5);
        assertThat(counts.value(Metric.precisionMacro, -1)).isEqualTo(1);
        assertThat(counts.value(Metric.accuracy, -1)).isCloseTo(1 / 3.0, within(1e-12));
        assertThat(sequences.sequence(given)).containsExactly("B-LOC", "B-ORG", "I-ORG");
    }

    private static TagSequences sequences(JsonNode golden) {
        return new TagSequences(texts(golden.path("tags")));
    }

    private static int[] truth(JsonNode golden, TagSequences sequences) {
        return StreamSupport.stream(golden.path("truth").spliterator(), false)
                .mapToInt(tags -> sequences.number(texts(tags)))
                .toArray();
    }

    private static double[][] scores(JsonNode golden) {
        return JSON.convertValue(golden.path("scores"), double[][].class);
    }

    private static List<String> texts(JsonNode list) {
        return List.of(JSON.convertValue(list, String[].class));
    }
}
