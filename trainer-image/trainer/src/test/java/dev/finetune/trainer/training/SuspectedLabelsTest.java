package dev.finetune.trainer.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.finetune.api.TextPreprocessing;
import dev.finetune.trainer.dataset.Example;
import dev.finetune.trainer.model.Pooling;
import dev.finetune.trainer.training.SuspectedLabels.Suspect;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Against scikit-learn and cleanlab on planted errors: src/test/python/suspected_labels_golden.py. */
class SuspectedLabelsTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    static Stream<JsonNode> cases() throws IOException {
        JsonNode all = JSON.readTree(
                Objects.requireNonNull(SuspectedLabelsTest.class.getResourceAsStream("suspected-labels-golden.json")));
        return StreamSupport.stream(all.path("cases").spliterator(), false);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void plantedErrorsAreFoundAsCleanlabFindsThem(JsonNode golden) {
        List<Example> examples = examples(golden);
        Probe probe = probe(golden.path("classes").asInt(), golden.path("c").asDouble());

        SuspectedLabels found = SuspectedLabels.of("digest", examples, probe, features(golden), () -> {});

        Set<String> planted = Arrays.stream(JSON.convertValue(golden.path("planted"), int[].class))
                .mapToObj(i -> examples.get(i).id())
                .collect(Collectors.toSet());
        double right =
                found.suspects().stream().filter(s -> planted.contains(s.id())).count();
        assertThat(right / planted.size())
                .isGreaterThanOrEqualTo(golden.path("recall").asDouble() - 0.05);
        assertThat(right / found.suspects().size())
                .isGreaterThanOrEqualTo(golden.path("precision").asDouble() - 0.05);
        assertThat(found.examples()).isEqualTo(examples.size());
        assertThat(found.suspects())
                .extracting(Suspect::rank)
                .containsExactlyElementsOf(
                        IntStream.rangeClosed(1, found.suspects().size())
                                .boxed()
                                .toList());
        assertThat(found.suspects()).extracting(Suspect::given).isSorted();
        assertThat(found.suspects()).allSatisfy(s -> {
            assertThat(s.suggested()).isNotEqualTo(s.label());
            assertThat(s.confidence()).isGreaterThan(s.given());
        });
    }

    @ParameterizedTest
    @MethodSource("cases")
    void noAnswerComesFromAFitThatSawTheExample(JsonNode golden) {
        List<Example> examples = examples(golden);
        int[] labels = JSON.convertValue(golden.path("labels"), int[].class);
        double[][] expected = JSON.convertValue(golden.path("probabilities"), double[][].class);

        double[][] answers = CrossValidation.answers(
                features(golden).pooled(Pooling.Mean),
                labels,
                golden.path("classes").asInt(),
                golden.path("c").asDouble(),
                CrossValidation.folds(examples),
                () -> {});

        for (int i = 0; i < expected.length; i++) {
            assertThat(answers[i]).as("example %d", i).containsExactly(expected[i], within(2e-3));
        }
    }

    @Test
    void foldsFollowFromKeysAndLabelsAlone() {
        List<Example> examples = TinyWorkspace.examples(103, 1);
        List<Example> shuffled = new ArrayList<>(examples);
        Collections.shuffle(shuffled, new Random(1));

        Map<String, Integer> folds = byId(examples);

        assertThat(byId(shuffled)).isEqualTo(folds);
        for (String label : List.of("red", "blue")) {
            int[] counts = new int[CrossValidation.FOLDS];
            examples.stream().filter(e -> e.label().equals(label)).forEach(e -> counts[folds.get(e.id())]++);
            assertThat(Arrays.stream(counts).max().orElseThrow()
                            - Arrays.stream(counts).min().orElseThrow())
                    .isLessThanOrEqualTo(1);
        }
    }

    @Test
    void copiesAreInOneFoldSoThatNoneTellsTheLabelOfAnother() {
        List<Example> examples = new ArrayList<>(TinyWorkspace.examples(60, 1));
        for (Example e : List.copyOf(examples)) {
            String other = e.label().equals("red") ? "blue" : "red";
            examples.add(new Example(e.id() + " again", e.key(), e.text(), e.label()));
            examples.add(new Example(e.id() + " otherwise", e.key(), e.text(), other));
        }

        Map<String, Integer> folds = byId(examples);

        assertThat(folds.values()).contains(0, 1, 2, 3, 4);
        for (Example e : examples.subList(0, 60)) {
            assertThat(folds.get(e.id() + " again")).isEqualTo(folds.get(e.id()));
            assertThat(folds.get(e.id() + " otherwise")).isEqualTo(folds.get(e.id()));
        }
    }

    @Test
    void aLabelOfAHandfulOfExamplesIsNotJudged() {
        List<Example> examples = new ArrayList<>();
        float[][] rows = new float[44][];
        for (int i = 0; i < rows.length; i++) {
            String label = i < 40 ? (i % 2 == 0 ? "a" : "b") : "c";
            examples.add(new Example("row:" + i, "%016x".formatted(7919L * i), "", label));
            rows[i] = new float[] {i % 2, 0.01f * i};
        }
        FrozenFeatures features = new FrozenFeatures(Map.of(Pooling.Mean, rows));

        SuspectedLabels found = SuspectedLabels.of("digest", examples, probe(3, 1), features, () -> {});

        assertThat(found.suspects()).extracting(Suspect::label).doesNotContain("c");
    }

    @Test
    void copiesOfOneTextSayNothingOfEachOther() {
        List<Example> examples = IntStream.range(0, 20)
                .mapToObj(i -> new Example("row:" + i, "%016x".formatted(i % 2), "", i % 2 == 0 ? "a" : "b"))
                .toList();
        FrozenFeatures features = new FrozenFeatures(Map.of(Pooling.Mean, new float[20][3]));

        assertThat(SuspectedLabels.of("digest", examples, probe(2, 1), features, () -> {})
                        .suspects())
                .isEmpty();
    }

    private static Map<String, Integer> byId(List<Example> examples) {
        int[] folds = CrossValidation.folds(examples);
        return IntStream.range(0, folds.length)
                .boxed()
                .collect(Collectors.toMap(i -> examples.get(i).id(), i -> folds[i]));
    }

    private static List<Example> examples(JsonNode golden) {
        int[] labels = JSON.convertValue(golden.path("labels"), int[].class);
        return IntStream.range(0, labels.length)
                .mapToObj(i -> new Example(
                        "row:" + i, golden.path("keys").path(i).asText(), "", Character.toString('a' + labels[i])))
                .toList();
    }

    private static FrozenFeatures features(JsonNode golden) {
        return new FrozenFeatures(Map.of(Pooling.Mean, JSON.convertValue(golden.path("features"), float[][].class)));
    }

    private static Probe probe(int classes, double c) {
        List<String> labels = IntStream.range(0, classes)
                .mapToObj(k -> Character.toString('a' + k))
                .toList();
        return new Probe(
                labels,
                new TextPreprocessing(null, null, null, null),
                16,
                Pooling.Mean,
                c,
                0,
                0.5,
                new double[0],
                new double[0],
                new LogisticRegression(0, classes, new double[0]));
    }
}
