package dev.finetune.trainer.evaluation;

import java.util.Arrays;
import java.util.Map;
import java.util.Objects;

/** What the bootstrap measured: for each number and each model one value a draw. */
final class Samples {
    private final Map<Statistic, double[][]> values;

    Samples(Map<Statistic, double[][]> values) {
        this.values = values;
    }

    /** The two-sided interval of one model's number that holds the given share of the draws. */
    Interval interval(Statistic statistic, int model, double confidence) {
        return Interval.of(sorted(statistic, model), confidence);
    }

    /** The value below which at most that share of the draws lies. */
    double quantile(Statistic statistic, int model, double share) {
        return Interval.quantile(sorted(statistic, model), share);
    }

    /** The draws of first minus second model, in rising order. */
    double[] differences(Statistic statistic, int first, int second) {
        double[][] all = of(statistic);
        double[] differences = new double[all[first].length];
        for (int i = 0; i < differences.length; i++) {
            differences[i] = all[first][i] - all[second][i];
        }
        Arrays.sort(differences);
        return differences;
    }

    private double[] sorted(Statistic statistic, int model) {
        double[] draws = of(statistic)[model].clone();
        Arrays.sort(draws);
        return draws;
    }

    private double[][] of(Statistic statistic) {
        return Objects.requireNonNull(values.get(statistic), () -> "not sampled: " + statistic);
    }
}
