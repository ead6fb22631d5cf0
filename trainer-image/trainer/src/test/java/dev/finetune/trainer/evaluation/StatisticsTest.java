package dev.finetune.trainer.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.api.Metric;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StatisticsTest {
    private static final List<String> LABELS = List.of("ham", "spam");
    private static final Statistic ACCURACY = Statistic.of(Metric.accuracy);
    private static final Statistic F1_MACRO = Statistic.of(Metric.f1Macro);
    private static final Statistic LOG_LOSS = Statistic.of(Metric.logLoss);

    @ParameterizedTest
    @CsvSource({"20,0.1", "20,0.5", "200,0.02", "200,0.4", "1000,0.9", "5000,0.35"})
    void binomialDrawsHaveTheirMeanAndVariance(int n, double p) {
        SplittableRandom random = new SplittableRandom(1);
        double[] draws = IntStream.range(0, 200_000)
                .mapToDouble(i -> BinomialSampler.draw(random, n, p))
                .toArray();
        double mean = Arrays.stream(draws).average().orElseThrow();
        double variance = Arrays.stream(draws).map(d -> (d - mean) * (d - mean)).sum() / (draws.length - 1);

        double expected = n * p * (1 - p);
        assertThat(mean).isCloseTo(n * p, within(5 * Math.sqrt(expected / draws.length)));
        assertThat(variance).isCloseTo(expected, within(expected * 0.02));
    }

    @Property(tries = 200)
    void binomialDrawsStayInRange(@ForAll @IntRange(max = 3000) int n, @ForAll @DoubleRange(max = 1) double p) {
        assertThat(BinomialSampler.draw(new SplittableRandom(n), n, p)).isBetween(0, n);
    }

    // Expected values: scipy.stats.binomtest(min, n, 0.5).pvalue and binom.sf(losses - 1, n, 0.5).
    @ParameterizedTest
    @CsvSource({
        "0,0,1,1",
        "3,0,0.25,1",
        "10,2,0.03857421875,0.996826171875",
        "7,7,1,0.604736328125",
        "2,10,0.03857421875,0.019287109375",
        "300,200,8.940066542253288e-06,0.9999970742217401"
    })
    void mcNemarIsTheExactBinomialTest(int wins, int losses, double twoSided, double oneSided) {
        McNemarTest test = new McNemarTest(wins, losses);

        assertThat(test.twoSided()).isCloseTo(twoSided, within(1e-9));
        assertThat(test.oneSidedLoss()).isCloseTo(oneSided, within(1e-9));
    }

    @Test
    void copiesOfOneTextVoteOnceInMcNemar() {
        TestSet test = TestSet.of(LABELS, new int[] {0, 0, 0, 1}, List.of("a", "a", "a", "b"));

        McNemarTest result = McNemarTest.of(test, i -> true, i -> i < 3, i -> false);

        assertThat(result).isEqualTo(new McNemarTest(1, 0));
    }

    @Test
    void holmStepsDownUntilTheFirstThatStands() {
        assertThat(Holm.rejected(new double[] {0.04, 0.01, 0.03}, 0.05)).containsExactly(false, true, false);
        assertThat(Holm.rejected(new double[] {0.024, 0.01, 0.03}, 0.05)).containsExactly(true, true, true);
        assertThat(Holm.rejected(new double[0], 0.05)).isEmpty();
    }

    @Test
    void quantilesAreTheInverseOfTheDistributionOfDraws() {
        double[] sorted = IntStream.rangeClosed(1, 10_000).asDoubleStream().toArray();

        assertThat(Interval.quantile(sorted, 1 - 0.95)).isEqualTo(500);
        assertThat(Interval.quantile(sorted, 0.95)).isEqualTo(9500);
        assertThat(Interval.quantile(sorted, 0)).isEqualTo(1);
        assertThat(Interval.of(sorted, 0.9)).isEqualTo(new Interval(500, 9500));
    }

    @Test
    void theBootstrapIsTheSameForTheSameSeedAndAnotherForAnother() {
        TestSet test = TestSet.ofDistinct(LABELS, truth(100, 20));
        List<Outputs> models =
                List.of(Outputs.ofDecisions(wrong(test, 0, 30)), Outputs.ofDecisions(wrong(test, 50, 95)));

        Samples once = new Bootstrap(test, models, 1, 7, 1000).run(List.of(F1_MACRO));
        Samples again = new Bootstrap(test, models, 1, 7, 1000).run(List.of(F1_MACRO, ACCURACY));
        Samples other = new Bootstrap(test, models, 1, 8, 1000).run(List.of(F1_MACRO));

        assertThat(again.differences(F1_MACRO, 0, 1)).isEqualTo(once.differences(F1_MACRO, 0, 1));
        assertThat(other.differences(F1_MACRO, 0, 1)).isNotEqualTo(once.differences(F1_MACRO, 0, 1));
    }

    @Test
    void theBootstrapOfAccuracyHasTheWidthOfItsTheory() {
        TestSet test = TestSet.ofDistinct(LABELS, truth(400, 100));
        Outputs model = Outputs.ofDecisions(wrong(test, 0, 80));

        Samples samples = new Bootstrap(test, List.of(model), 1, 1, 10_000).run(List.of(ACCURACY));

        Interval interval = samples.interval(ACCURACY, 0, 0.95);
        // 300 of one label of which 0 to 80 are wrong, 100 of the other, all right: var = n1 p q / n^2.
        double sd = Math.sqrt(300 * (80 / 300.0) * (220 / 300.0)) / 400;
        assertThat(interval.low()).isCloseTo(0.8 - 1.96 * sd, within(0.004));
        assertThat(interval.high()).isCloseTo(0.8 + 1.96 * sd, within(0.004));
    }

    @Test
    void drawingOutcomesIsDrawingExamples() {
        // Accuracy by outcome counts, and the mean log loss of certain scores, which draws examples: the same
        // distribution.
        TestSet test = TestSet.ofDistinct(LABELS, truth(200, 60));
        int[] decisions = wrong(test, 40, 90);
        double[][] scores = Arrays.stream(decisions)
                .mapToObj(d -> d == 0 ? new double[] {0.9, 0.1} : new double[] {0.1, 0.9})
                .toArray(double[][]::new);

        Samples samples =
                new Bootstrap(test, List.of(Outputs.ofScores(scores)), 1, 3, 10_000).run(List.of(ACCURACY, LOG_LOSS));

        double slope = Math.log(9);
        for (double share : new double[] {0.01, 0.05, 0.5, 0.95, 0.99}) {
            double accuracy = samples.quantile(ACCURACY, 0, share);
            double byLoss = 1 - (samples.quantile(LOG_LOSS, 0, 1 - share) + Math.log(0.9)) / slope;
            assertThat(accuracy).isCloseTo(byLoss, within(0.0101));
        }
    }

    @Test
    void duplicatesAreDrawnTogetherAndWidenTheInterval() {
        int[] truth = new int[200];
        List<String> copies =
                IntStream.range(0, 200).mapToObj(i -> "text-" + i / 10).toList();
        TestSet grouped = TestSet.of(LABELS, truth, copies);
        int[] decisions = IntStream.range(0, 200).map(i -> i / 10 < 5 ? 1 : 0).toArray();
        List<Outputs> model = List.of(Outputs.ofDecisions(decisions));

        Interval apart = new Bootstrap(TestSet.ofDistinct(LABELS, truth), model, 1, 1, 4000)
                .run(List.of(ACCURACY))
                .interval(ACCURACY, 0, 0.95);
        Interval together =
                new Bootstrap(grouped, model, 1, 1, 4000).run(List.of(ACCURACY)).interval(ACCURACY, 0, 0.95);

        assertThat(together.high() - together.low()).isGreaterThan(2.5 * (apart.high() - apart.low()));
    }

    @Test
    void exchangingEqualModelsIsNeverSurprising() {
        TestSet test = TestSet.ofDistinct(LABELS, truth(100, 30));
        Outputs model = Outputs.ofDecisions(wrong(test, 10, 30));

        assertThat(new SwapTest(test, model, model, 1, 1, 500).pFirstBetter(F1_MACRO))
                .isEqualTo(1);
        assertThat(new SwapTest(test, model, model, 1, 1, 500).pFirstWorse(F1_MACRO))
                .isEqualTo(1);
    }

    @Test
    void theSwapTestOfAccuracyIsTheSignTest() {
        TestSet test = TestSet.ofDistinct(LABELS, truth(100, 30));
        Outputs better = Outputs.ofDecisions(wrong(test, 0, 4));
        Outputs worse = Outputs.ofDecisions(wrong(test, 3, 12));

        double p = new SwapTest(test, better, worse, 1, 1, 100_000).pFirstBetter(ACCURACY);

        // 3 are wrong only in the first, 8 only in the second: P(X >= 8), X of 11 fair coins.
        assertThat(p).isCloseTo(new McNemarTest(3, 8).oneSidedLoss(), within(0.005));
    }

    @Test
    void theSwapTestReadsScoresAsWell() {
        TestSet test = TestSet.ofDistinct(LABELS, truth(60, 20));
        Outputs sharp = Outputs.ofScores(scores(test, 0.9));
        Outputs blunt = Outputs.ofScores(scores(test, 0.6));

        SwapTest swap = new SwapTest(test, sharp, blunt, 1, 1, 1000);

        assertThat(swap.pFirstBetter(LOG_LOSS)).isLessThan(0.01);
        assertThat(swap.pFirstWorse(LOG_LOSS)).isGreaterThan(0.99);
    }

    private static double[][] scores(TestSet test, double ofTruth) {
        return Arrays.stream(test.truth())
                .mapToObj(t -> t == 0 ? new double[] {ofTruth, 1 - ofTruth} : new double[] {1 - ofTruth, ofTruth})
                .toArray(double[][]::new);
    }

    /** The last of n examples are of the second label. */
    static int[] truth(int n, int ofSecond) {
        return IntStream.range(0, n).map(i -> i < n - ofSecond ? 0 : 1).toArray();
    }

    /** Decisions that are wrong for the examples from..to - 1. */
    static int[] wrong(TestSet test, int from, int to) {
        return IntStream.range(0, test.size())
                .map(i -> i >= from && i < to ? 1 - test.truth()[i] : test.truth()[i])
                .toArray();
    }
}
