package dev.finetune.trainer.training;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class BatchPlanTest {
    @Property(tries = 200)
    void everyEpochTakesEveryExampleOnceInStepsOfExactlyTheAskedSize(
            @ForAll @IntRange(min = 1, max = 3000) int examples, @ForAll @IntRange(min = 1, max = 70) int size) {
        BatchPlan plan = new BatchPlan(lengths(examples), size, 7);

        List<int[]> steps = plan.epoch(2);

        assertThat(steps).hasSize(plan.stepsPerEpoch());
        assertThat(steps.stream().flatMapToInt(Arrays::stream).sorted().toArray())
                .isEqualTo(java.util.stream.IntStream.range(0, examples).toArray());
        assertThat(steps.stream().filter(s -> s.length != size)).hasSizeLessThanOrEqualTo(1);
    }

    @Test
    void orderIsAFunctionOfSeedAndEpoch() {
        BatchPlan plan = new BatchPlan(lengths(500), 16, 7);

        assertThat(flat(plan.epoch(1))).isEqualTo(flat(new BatchPlan(lengths(500), 16, 7).epoch(1)));
        assertThat(flat(plan.epoch(1))).isNotEqualTo(flat(plan.epoch(2)));
        assertThat(flat(plan.epoch(1))).isNotEqualTo(flat(new BatchPlan(lengths(500), 16, 8).epoch(1)));
    }

    @Test
    void stepsAreOfEqualLengthInsideAndShuffledAmongEachOther() {
        int[] lengths = lengths(3200);
        BatchPlan plan = new BatchPlan(lengths, 32, 7);

        List<int[]> steps = plan.epoch(0);
        double padding = steps.stream().mapToLong(plan::padding).sum();
        double tokens = steps.stream().mapToLong(plan::tokens).sum();
        int[] longest = steps.stream().mapToInt(s -> lengths[s[0]]).toArray();

        assertThat(padding / (padding + tokens)).isLessThan(0.06);
        assertThat(longest).isNotEqualTo(Arrays.stream(longest).sorted().toArray());
        assertThat(correlationWithPosition(longest)).isBetween(-0.3, 0.3);
    }

    @Test
    void aBudgetSplitsAStepButLosesNoExample() {
        BatchPlan plan = new BatchPlan(new int[] {50, 40, 30, 30, 10, 5}, 6, 7);
        int[] step = {0, 1, 2, 3, 4, 5};

        assertThat(plan.microBatches(step, new MicroBatch(2, 10_000)))
                .containsExactly(new int[] {0, 1}, new int[] {2, 3}, new int[] {4, 5});
        assertThat(plan.microBatches(step, new MicroBatch(32, 100)))
                .containsExactly(new int[] {0, 1}, new int[] {2, 3}, new int[] {4, 5});
        assertThat(plan.microBatches(step, new MicroBatch(32, 4))).hasSize(6);
        assertThat(plan.microBatches(step, new MicroBatch(32, 10_000))).containsExactly(step);
    }

    @Test
    void aFewLongTextsDoNotPadManyShortOnes() {
        int[] lengths = new int[32];
        Arrays.fill(lengths, 20);
        lengths[0] = 200;
        BatchPlan plan = new BatchPlan(lengths, 32, 7);

        List<int[]> cut =
                plan.microBatches(java.util.stream.IntStream.range(0, 32).toArray(), new MicroBatch(32, 10_000));

        assertThat(cut).hasSize(2);
        assertThat(cut.getFirst()).containsExactly(0);
    }

    private static double correlationWithPosition(int[] values) {
        double mean = Arrays.stream(values).average().orElseThrow();
        double middle = (values.length - 1) / 2.0;
        double xy = 0;
        double xx = 0;
        double yy = 0;
        for (int i = 0; i < values.length; i++) {
            xy += (i - middle) * (values[i] - mean);
            xx += (i - middle) * (i - middle);
            yy += (values[i] - mean) * (values[i] - mean);
        }
        return xy / Math.sqrt(xx * yy);
    }

    private static int[] flat(List<int[]> steps) {
        return steps.stream().flatMapToInt(Arrays::stream).toArray();
    }

    private static int[] lengths(int n) {
        Random random = new Random(1);
        return random.ints(n, 3, 120).toArray();
    }
}
