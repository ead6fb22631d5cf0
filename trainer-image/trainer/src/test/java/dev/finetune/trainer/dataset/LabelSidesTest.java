package dev.finetune.trainer.dataset;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.api.Answer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** Splits of examples with any number of labels. */
class LabelSidesTest {
    @Property(tries = 200)
    void trainHasEveryLabelAndNoExampleIsLostOrOnTwoSides(
            @ForAll long seed, @ForAll @IntRange(min = 3, max = 120) int size) {
        List<Example> examples = examples(seed, size);

        Splits splits = split(examples, seed);

        assertThat(labels(splits.train())).isEqualTo(labels(examples));
        assertThat(Stream.of(splits.train(), splits.validation(), splits.test())
                        .flatMap(List::stream)
                        .map(Example::key)
                        .toList())
                .containsExactlyInAnyOrderElementsOf(
                        examples.stream().map(Example::key).toList());
    }

    @Property(tries = 100)
    void theOrderOfTheRowsDoesNotMatter(@ForAll long seed, @ForAll @IntRange(min = 3, max = 120) int size) {
        List<Example> examples = new ArrayList<>(examples(seed, size));
        Map<String, String> sides = sides(split(examples, seed));

        Collections.shuffle(examples, new Random(seed));

        assertThat(sides(split(examples, seed))).isEqualTo(sides);
    }

    /** With enough examples of each label every side has all of them, and nothing needs to be moved: the buckets are those of any task. */
    @Property(tries = 20)
    void whereLabelsAreCommonTheBucketsAloneDecide(@ForAll long seed) {
        List<Example> examples = examples(seed, 1500).stream()
                .map(e -> new Example(
                        e.id(), e.key(), e.text(), LabelSet.of(Set.of("common" + Integer.parseInt(e.text()) % 3))))
                .toList();
        Findings findings = new Findings();

        Splits splits = new Splitter(0.2, 0.2, seed).split(examples, Answer.Labels, findings);

        assertThat(findings.all()).isEmpty();
        Splits ofNumbers = new Splitter(0.2, 0.2, seed).split(examples, Answer.Number, new Findings());
        assertThat(sides(splits)).isEqualTo(sides(ofNumbers));
    }

    @Property(tries = 50)
    void aLabelOfThreeExamplesOfItsOwnIsOnEverySide(@ForAll long seed) {
        List<Example> examples = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            Set<String> labels = new HashSet<>(Set.of("common"));
            if (i < 3) {
                labels.add("rare");
            }
            examples.add(new Example("f:" + i, ExampleKey.of("t" + seed + "/" + i), "t" + i, LabelSet.of(labels)));
        }

        Splits splits = split(examples, seed);

        assertThat(List.of(splits.train(), splits.validation(), splits.test()))
                .allSatisfy(side -> assertThat(labels(side)).containsExactlyInAnyOrder("common", "rare"));
    }

    private static Splits split(List<Example> examples, long seed) {
        return new Splitter(0.2, 0.2, seed).split(examples, Answer.Labels, new Findings());
    }

    /** Up to three of eight labels each, the first of them frequent and the last rare. */
    private static List<Example> examples(long seed, int size) {
        Random random = new Random(seed);
        List<Example> examples = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            Set<String> labels = new HashSet<>();
            for (int l = random.nextInt(4); l > 0; l--) {
                labels.add("label" + (int) (8 * Math.pow(random.nextDouble(), 3)));
            }
            examples.add(new Example("f:" + i, ExampleKey.of(seed + "/" + i), "" + i, LabelSet.of(labels)));
        }
        return examples;
    }

    private static Set<String> labels(List<Example> examples) {
        return examples.stream().flatMap(e -> e.labels(Answer.Labels).stream()).collect(Collectors.toSet());
    }

    private static Map<String, String> sides(Splits splits) {
        Map<String, String> sides = new HashMap<>();
        splits.train().forEach(e -> sides.put(e.id(), "train"));
        splits.validation().forEach(e -> sides.put(e.id(), "validation"));
        splits.test().forEach(e -> sides.put(e.id(), "test"));
        return sides;
    }
}
