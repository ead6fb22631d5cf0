package dev.finetune.trainer.dataset;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.api.Answer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class NearTextsPropertiesTest {
    @Property(tries = 30)
    void theOrderOfRowsChangesNoCluster(@ForAll long seed) {
        List<Example> examples = new ArrayList<>(withCopies(new PlantedTexts(seed, 4, 14), "f", 200));
        Map<String, String> units = units(examples);
        assertThat(units)
                .as("some are clustered")
                .anySatisfy((key, unit) -> assertThat(key).isNotEqualTo(unit));

        Collections.shuffle(examples, new Random(seed));

        assertThat(units(examples)).isEqualTo(units);
    }

    @Property(tries = 20)
    void aClusterStaysOnOneSideAndMovesOnlyWhereAnAppendedRowJoinsIt(@ForAll long seed) {
        PlantedTexts texts = new PlantedTexts(seed, 10, 14);
        List<Example> before = withCopies(texts, "f", 600);
        List<Example> grown = new ArrayList<>(before);
        grown.addAll(withCopies(texts, "g", 50));
        for (int i = 0; i < 20; i++) {
            grown.addAll(PlantedTexts.examples(
                    "h" + i, 0, List.of(texts.copy(before.get(20 * i).text(), i))));
        }
        NearTexts near = NearTexts.among(before);
        NearTexts nearGrown = NearTexts.among(grown);
        Map<String, String> sides = sides(before, near);
        Map<String, String> sidesGrown = sides(grown, nearGrown);
        Set<String> appended = grown.stream()
                .skip(before.size())
                .map(e -> nearGrown.unit(e.key()))
                .collect(Collectors.toSet());

        assertThat(before).allSatisfy(e -> {
            assertThat(sides.get(e.key())).isEqualTo(sides.get(near.unit(e.key())));
            if (!appended.contains(nearGrown.unit(e.key()))) {
                assertThat(sidesGrown.get(e.key())).isEqualTo(sides.get(e.key()));
            }
        });
        assertThat(before).anySatisfy(e -> assertThat(near.unit(e.key())).isNotEqualTo(e.key()));
    }

    @Property(tries = 200)
    void clustersNeverGrowTooLargeAndGoByTheirLeastMember(
            @ForAll long seed,
            @ForAll @IntRange(min = 1, max = 60) int things,
            @ForAll @IntRange(min = 1, max = 60) int largest) {
        Random random = new Random(seed);
        Clusters clusters = new Clusters(things, largest);
        for (int i = 0; i < 100; i++) {
            int one = random.nextInt(things);
            int other = random.nextInt(things);
            boolean joined = clusters.join(one, other);
            assertThat(clusters.representative(one) == clusters.representative(other))
                    .isEqualTo(joined);
        }
        Map<Integer, List<Integer>> members =
                IntStream.range(0, things).boxed().collect(Collectors.groupingBy(clusters::representative));
        assertThat(members).allSatisfy((representative, of) -> {
            assertThat(of).hasSizeLessThanOrEqualTo(largest);
            assertThat(Collections.min(of)).isEqualTo(representative);
        });
    }

    @Property(tries = 100)
    void withoutALimitWhatIsConnectedIsOneCluster(@ForAll long seed, @ForAll @IntRange(min = 2, max = 40) int things) {
        Random random = new Random(seed);
        Clusters clusters = new Clusters(things, things);
        int[] label = IntStream.range(0, things).toArray();
        for (int i = 0; i < things; i++) {
            int one = random.nextInt(things);
            int other = random.nextInt(things);
            clusters.join(one, other);
            int from = label[one];
            int to = label[other];
            for (int t = 0; t < things; t++) {
                label[t] = label[t] == from ? to : label[t];
            }
        }
        for (int a = 0; a < things; a++) {
            for (int b = 0; b < things; b++) {
                assertThat(clusters.representative(a) == clusters.representative(b))
                        .isEqualTo(label[a] == label[b]);
            }
        }
    }

    @Property(tries = 100)
    void theLimitIsAPowerOfTwoThatKeepsMostOfTheSetOutOfOneCluster(
            @ForAll @IntRange(min = 0, max = 1_000_000) int texts) {
        int largest = NearTexts.largest(texts);
        assertThat(Integer.bitCount(largest)).isEqualTo(1);
        assertThat(largest).isBetween(2, 64);
        assertThat(largest).isLessThanOrEqualTo(Math.max(2, texts / 32));
    }

    /** A tenth of them copies of others. */
    private static List<Example> withCopies(PlantedTexts texts, String file, int count) {
        List<Example> examples = new ArrayList<>(texts.examples(file, count));
        List<String> copies = IntStream.range(0, count / 10)
                .mapToObj(i -> texts.copy(examples.get(10 * i).text(), i))
                .toList();
        examples.addAll(PlantedTexts.examples(file, count, copies));
        return examples;
    }

    private static Map<String, String> units(List<Example> examples) {
        NearTexts near = NearTexts.among(examples);
        return examples.stream()
                .map(Example::key)
                .distinct()
                .collect(Collectors.toMap(Function.identity(), near::unit));
    }

    private static Map<String, String> sides(List<Example> examples, NearTexts near) {
        Splits splits = new Splitter(0.3, 0.3, 1, near::unit).split(examples, Answer.Label, new Findings());
        Map<String, String> sides = new HashMap<>();
        splits.train().forEach(e -> sides.put(e.key(), "train"));
        splits.validation().forEach(e -> sides.put(e.key(), "validation"));
        splits.test().forEach(e -> sides.put(e.key(), "test"));
        return sides;
    }
}
