package dev.finetune.trainer.dataset;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.api.Answer;
import dev.finetune.api.CheckAction;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;

class SplitPropertiesTest {
    /** Classes are large enough here that none needs a repair: a repaired class may give its borrowed example back. */
    @Property(tries = 100)
    void anExampleKeepsItsSideWhenRowsComeGoOrMove(
            @ForAll @IntRange(min = 600, max = 900) int size,
            @ForAll @DoubleRange(min = 0.1, max = 0.4) double test,
            @ForAll @DoubleRange(min = 0.1, max = 0.4) double validation,
            @ForAll long seed) {
        List<Example> grown = examples(size + 200, 2);
        List<Example> before = new ArrayList<>(grown.subList(0, size));
        Map<String, String> first = sides(split(before, test, validation, seed));
        Collections.shuffle(before, new Random(seed));
        assertThat(sides(split(before, test, validation, seed))).isEqualTo(first);
        Map<String, String> second = sides(split(grown, test, validation, seed));
        assertThat(second).containsAllEntriesOf(first);
    }

    @Property(tries = 50)
    void fractionsHold(
            @ForAll @DoubleRange(min = 0.05, max = 0.5) double test,
            @ForAll @DoubleRange(min = 0.05, max = 0.5) double validation,
            @ForAll long seed) {
        int n = 4_000;
        Splits splits = split(examples(n, 3), test, validation, seed);
        // Five standard deviations of a binomial.
        assertThat(splits.test().size() / (double) n).isBetween(test - deviation(test, n), test + deviation(test, n));
        double ofRest = splits.validation().size() / (double) (n - splits.test().size());
        assertThat(ofRest)
                .isBetween(validation - 2 * deviation(validation, n), validation + 2 * deviation(validation, n));
    }

    @Property(tries = 200)
    void everyClassOfThreeHasAllSidesAndTrainComesFirst(
            @ForAll @IntRange(min = 1, max = 12) int perClass,
            @ForAll @DoubleRange(min = 0.01, max = 0.9) double test,
            @ForAll @DoubleRange(min = 0.01, max = 0.9) double validation,
            @ForAll long seed) {
        Splits splits = split(examples(perClass * 3, 3), test, validation, seed);
        assertThat(labels(splits.train())).hasSize(3);
        assertThat(labels(splits.test())).hasSize(perClass > 1 ? 3 : 0);
        assertThat(labels(splits.validation())).hasSize(perClass > 2 ? 3 : 0);
        assertThat(splits.train().size()
                        + splits.validation().size()
                        + splits.test().size())
                .isEqualTo(perClass * 3);
    }

    @Property(tries = 200)
    void leakageNeverLeavesASharedKeyAndNeverTouchesTest(
            @ForAll long seed, @ForAll @IntRange(min = 1, max = 60) int pool) {
        Random random = new Random(seed);
        Splits given = new Splits(draw(random, pool), draw(random, pool), draw(random, pool));
        Splits clean = Leakage.check(given, CheckAction.Remove, new Findings());
        assertThat(clean.test()).isEqualTo(given.test());
        assertThat(keys(clean.validation()))
                .doesNotContainAnyElementsOf(keys(clean.test()).isEmpty() ? Set.of("-") : keys(clean.test()));
        Set<String> others = new HashSet<>(keys(clean.test()));
        others.addAll(keys(clean.validation()));
        assertThat(keys(clean.train()).stream().noneMatch(others::contains)).isTrue();
        // What was removed did stand elsewhere.
        Set<String> givenOthers = new HashSet<>(keys(given.test()));
        givenOthers.addAll(keys(given.validation()));
        assertThat(given.train().stream().filter(e -> !givenOthers.contains(e.key())))
                .containsExactlyElementsOf(clean.train());
    }

    @Property(tries = 100)
    void conflictingCopiesStayTogether(@ForAll long seed, @ForAll @IntRange(min = 3, max = 60) int pool) {
        Splits splits = split(draw(new Random(seed), pool), 0.3, 0.3, seed);
        assertThat(keys(splits.train())).doesNotContainAnyElementsOf(orNone(keys(splits.test())));
        assertThat(keys(splits.train())).doesNotContainAnyElementsOf(orNone(keys(splits.validation())));
        assertThat(keys(splits.validation())).doesNotContainAnyElementsOf(orNone(keys(splits.test())));
    }

    @Property(tries = 50)
    void digestsDoNotMoveWithOrderAndMoveWithContent(@ForAll long seed, @ForAll @IntRange(min = 2, max = 50) int size) {
        List<Example> examples = new ArrayList<>(examples(size, 2));
        String digest = DataDigest.ofTest(examples);
        Collections.shuffle(examples, new Random(seed));
        assertThat(DataDigest.ofTest(examples)).isEqualTo(digest);
        Example changed = examples.removeFirst();
        assertThat(DataDigest.ofTest(examples)).isNotEqualTo(digest);
        examples.add(new Example(changed.id(), changed.key(), changed.text(), changed.label() + "x"));
        assertThat(DataDigest.ofTest(examples)).isNotEqualTo(digest);
    }

    @Property(tries = 200)
    void labelsAreSortedByCodePoint(@ForAll List<String> labels) {
        List<String> sorted = labels.stream().sorted(ClassChecks.BY_CODE_POINT).toList();
        for (int i = 1; i < sorted.size(); i++) {
            byte[] a = sorted.get(i - 1)
                    .codePoints()
                    .mapToObj(c -> String.format("%06x", c))
                    .collect(Collectors.joining())
                    .getBytes(java.nio.charset.StandardCharsets.US_ASCII);
            byte[] b = sorted.get(i)
                    .codePoints()
                    .mapToObj(c -> String.format("%06x", c))
                    .collect(Collectors.joining())
                    .getBytes(java.nio.charset.StandardCharsets.US_ASCII);
            assertThat(java.util.Arrays.compare(a, b)).isLessThanOrEqualTo(0);
        }
    }

    private static Splits split(List<Example> examples, double test, double validation, long seed) {
        return new Splitter(test, validation, seed).split(examples, Answer.Label, new Findings());
    }

    private static List<Example> examples(int size, int labels) {
        return IntStream.range(0, size)
                .mapToObj(i -> new Example("f:" + i, ExampleKey.of("text " + i), "text " + i, "label" + i % labels))
                .toList();
    }

    private static List<Example> draw(Random random, int pool) {
        return IntStream.range(0, 40)
                .mapToObj(i -> {
                    String text = "text " + random.nextInt(pool);
                    return new Example("f:" + i, ExampleKey.of(text), text, "label" + random.nextInt(2));
                })
                .toList();
    }

    private static Map<String, String> sides(Splits splits) {
        Map<String, String> sides = new HashMap<>();
        splits.train().forEach(e -> sides.put(e.id(), "train"));
        splits.validation().forEach(e -> sides.put(e.id(), "validation"));
        splits.test().forEach(e -> sides.put(e.id(), "test"));
        return sides;
    }

    private static Set<String> keys(List<Example> examples) {
        return examples.stream().map(Example::key).collect(Collectors.toSet());
    }

    private static Set<String> orNone(Set<String> keys) {
        return keys.isEmpty() ? Set.of("-") : keys;
    }

    private static Set<String> labels(List<Example> examples) {
        return examples.stream().map(Example::label).collect(Collectors.toSet());
    }

    private static double deviation(double p, int n) {
        return 5 * Math.sqrt(p * (1 - p) / n);
    }
}
