package dev.finetune.trainer.evaluation;

import dev.finetune.trainer.metric.ClassCounts;
import dev.finetune.trainer.metric.OutputMetrics;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * The exact test for "these two models are equally good", for any metric: if they are, exchanging what they said about a unit changes
 * nothing but chance. It is the guard beside the bootstrap, whose percentiles are too narrow on small or lopsided test sets (equal
 * models passed up to 8 % of the time at 95 % confidence in the simulation of docs/judging.md).
 */
final class SwapTest {
    private static final double ROUNDING = 1e-12;

    private final TestSet test;
    private final Outputs first;
    private final Outputs second;
    private final int positive;
    private final long seed;
    private final int draws;
    private final int units;

    SwapTest(TestSet test, Outputs first, Outputs second, int positive, long seed, int draws) {
        this.test = test;
        this.first = first;
        this.second = second;
        this.positive = positive;
        this.seed = seed;
        this.draws = draws;
        this.units = test.members().length;
    }

    /** The chance, between equal models, of the first being at least as much better as it is. */
    double pFirstBetter(Statistic statistic) {
        return p(statistic, 1);
    }

    /** The chance, between equal models, of the first being at least as much worse as it is. */
    double pFirstWorse(Statistic statistic) {
        return p(statistic, -1);
    }

    private double p(Statistic statistic, int direction) {
        Differences differences = statistic.metric().scoreBased() ? ofScores(statistic) : ofDecisions(statistic);
        double observed = direction * statistic.metric().signed(differences.at(new boolean[units]));
        long asExtreme = IntStream.range(0, draws)
                .parallel()
                .filter(i -> direction * statistic.metric().signed(differences.at(swaps(i))) >= observed - ROUNDING)
                .count();
        return (1.0 + asExtreme) / (1.0 + draws);
    }

    /** First minus second where the marked units are exchanged. */
    private interface Differences {
        double at(boolean[] swapped);
    }

    private boolean[] swaps(int draw) {
        SplittableRandom random = new SplittableRandom(seed ^ (0x9E3779B97F4A7C15L * (draw + 1)));
        boolean[] swapped = new boolean[units];
        long bits = 0;
        for (int u = 0; u < swapped.length; u++) {
            bits = u % Long.SIZE == 0 ? random.nextLong() : bits >>> 1;
            swapped[u] = (bits & 1) == 1;
        }
        return swapped;
    }

    /** Only examples on which the decisions differ move anything. */
    private Differences ofDecisions(Statistic statistic) {
        int[] truth = test.truth();
        int[] differing = IntStream.range(0, test.size())
                .filter(i -> first.decision(i) != second.decision(i))
                .toArray();
        ClassCounts baseOfFirst = test.counts(first.decisions());
        ClassCounts baseOfSecond = test.counts(second.decisions());
        return swapped -> {
            ClassCounts ofFirst = baseOfFirst.copy();
            ClassCounts ofSecond = baseOfSecond.copy();
            for (int i : differing) {
                if (swapped[test.unit()[i]]) {
                    ofFirst.add(truth[i], first.decision(i), -1);
                    ofFirst.add(truth[i], second.decision(i), 1);
                    ofSecond.add(truth[i], second.decision(i), -1);
                    ofSecond.add(truth[i], first.decision(i), 1);
                }
            }
            return statistic.of(ofFirst, positive) - statistic.of(ofSecond, positive);
        };
    }

    /** Both models' rows stand in one list; a swap chooses which of an example's two rows counts for which model. */
    private Differences ofScores(Statistic statistic) {
        double[][] mine = first.probabilities().orElseThrow();
        double[][] theirs = second.probabilities().orElseThrow();
        int n = test.size();
        double[][] rows = Arrays.copyOf(mine, 2 * n);
        System.arraycopy(theirs, 0, rows, n, n);
        OutputMetrics scores = test.twice().metrics(rows, positive);
        return swapped -> {
            int[] forFirst = new int[2 * n];
            int[] forSecond = new int[2 * n];
            for (int i = 0; i < n; i++) {
                boolean exchange = swapped[test.unit()[i]];
                forFirst[exchange ? n + i : i] = 1;
                forSecond[exchange ? i : n + i] = 1;
            }
            return scores.value(statistic.metric(), forFirst) - scores.value(statistic.metric(), forSecond);
        };
    }
}
