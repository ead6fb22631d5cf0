package dev.finetune.trainer.training;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class EpochExamplesTest {
    @Property(tries = 200)
    void everyLabelIsSeenAsOftenAsTheMostFrequentOneAsFarAsTenCopiesReach(
            @ForAll @Size(min = 1, max = 6) List<@IntRange(max = 90) Integer> counts,
            @ForAll @IntRange(max = 20) int epoch) {
        int[] labels = labels(counts);
        EpochExamples examples = EpochExamples.balanced(labels, counts.size(), 7);

        int[] times = times(examples, epoch, labels.length);

        int largest = counts.stream().mapToInt(n -> n).max().orElseThrow();
        for (int label = 0; label < counts.size(); label++) {
            int n = counts.get(label);
            int wanted = label;
            int[] ofLabel = IntStream.range(0, labels.length)
                    .filter(i -> labels[i] == wanted)
                    .map(i -> times[i])
                    .toArray();
            assertThat(Arrays.stream(ofLabel).sum()).isEqualTo(Math.min(largest, 10 * n));
            if (n > 0) {
                int fewest = Arrays.stream(ofLabel).min().orElseThrow();
                int most = Arrays.stream(ofLabel).max().orElseThrow();
                assertThat(most - fewest).isLessThanOrEqualTo(1);
                assertThat(most).isBetween(1, EpochExamples.MOST);
            }
        }
        assertThat(Arrays.stream(times).sum()).isEqualTo(examples.size());
    }

    @Test
    void whichComeOnceMoreFollowsFromSeedAndEpoch() {
        int[] labels = labels(List.of(100, 30));
        EpochExamples examples = EpochExamples.balanced(labels, 2, 7);

        assertThat(examples.of(3))
                .isEqualTo(EpochExamples.balanced(labels, 2, 7).of(3));
        assertThat(times(examples, 3, 130)).isNotEqualTo(times(examples, 4, 130));
        assertThat(times(examples, 3, 130)).isNotEqualTo(times(EpochExamples.balanced(labels, 2, 8), 3, 130));
    }

    @Test
    void otherwiseEachComesOnce() {
        EpochExamples examples = EpochExamples.once(5);

        assertThat(examples.of(0)).containsExactly(0, 1, 2, 3, 4);
        assertThat(examples.of(9)).containsExactly(0, 1, 2, 3, 4);
        assertThat(examples.size()).isEqualTo(5);
    }

    @Test
    void stepsAreAsLargeAsAskedForAndMoreOfThem() {
        int[] labels = labels(List.of(100, 30));
        BatchPlan plan = new BatchPlan(new int[130], EpochExamples.balanced(labels, 2, 7), 32, 7);

        List<int[]> steps = plan.epoch(1);

        assertThat(plan.stepsPerEpoch()).isEqualTo(7);
        assertThat(steps).hasSize(7);
        assertThat(steps.stream().filter(s -> s.length != 32)).hasSize(1);
        assertThat(steps.stream().flatMapToInt(Arrays::stream).sorted().boxed())
                .isEqualTo(EpochExamples.balanced(labels, 2, 7).of(1).stream()
                        .sorted()
                        .toList());
    }

    private static int[] labels(List<Integer> counts) {
        return IntStream.range(0, counts.size())
                .flatMap(label -> IntStream.generate(() -> label).limit(counts.get(label)))
                .toArray();
    }

    private static int[] times(EpochExamples examples, int epoch, int all) {
        int[] times = new int[all];
        examples.of(epoch).forEach(i -> times[i]++);
        return times;
    }
}
