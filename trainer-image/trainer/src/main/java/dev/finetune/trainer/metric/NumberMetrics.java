package dev.finetune.trainer.metric;

import dev.finetune.api.Metric;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * The metrics of predicted numbers, for any weights of the examples: sorted once, then linear in the number of examples, so that a
 * resample is a vector of counts. Definitions are SciPy's ({@code pearsonr}, {@code spearmanr}) and scikit-learn's.
 */
public final class NumberMetrics implements OutputMetrics {
    private final double[] truth;
    private final double[] predicted;
    private final int[] byTruth;
    private final int[] byPredicted;

    /** Of one prediction per example: both {@code [n]}. */
    public NumberMetrics(double[] truth, double[] predicted) {
        this.truth = truth;
        this.predicted = predicted;
        this.byTruth = order(truth);
        this.byPredicted = order(predicted);
    }

    /** Every metric that exists with every example counted once, by name. */
    public Map<String, Double> values() {
        int[] once = new int[truth.length];
        Arrays.fill(once, 1);
        Map<String, Double> values = new LinkedHashMap<>();
        for (Metric metric : Metric.values()) {
            double value = metric.ofNumbers() ? value(metric, once) : Double.NaN;
            if (!Double.isNaN(value)) {
                values.put(metric.name(), value);
            }
        }
        return values;
    }

    @Override
    public double value(Metric metric, int[] weights) {
        double[] weighted = Arrays.stream(weights).asDoubleStream().toArray();
        return switch (metric) {
            case pearson -> correlation(truth, predicted, weighted);
            case spearman ->
                correlation(ranks(truth, byTruth, weights), ranks(predicted, byPredicted, weights), weighted);
            case mse -> meanSquare(weighted);
            case rmse -> Math.sqrt(meanSquare(weighted));
            case mae -> mean(i -> Math.abs(predicted[i] - truth[i]), weighted);
            case r2 -> determination(weighted);
            default -> throw new IllegalArgumentException(metric + " is not of numbers");
        };
    }

    private interface OfExample {
        double at(int example);
    }

    private double meanSquare(double[] weights) {
        return mean(i -> (predicted[i] - truth[i]) * (predicted[i] - truth[i]), weights);
    }

    /** One minus the squared error over that of the mean; absent where all true values are the same. */
    private double determination(double[] weights) {
        double mean = mean(i -> truth[i], weights);
        double spread = mean(i -> (truth[i] - mean) * (truth[i] - mean), weights);
        return spread > 0 ? 1 - meanSquare(weights) / spread : Double.NaN;
    }

    private static double mean(OfExample value, double[] weights) {
        double sum = 0;
        double all = 0;
        for (int i = 0; i < weights.length; i++) {
            sum += weights[i] == 0 ? 0 : weights[i] * value.at(i);
            all += weights[i];
        }
        return all == 0 ? Double.NaN : sum / all;
    }

    /** Pearson's; absent where one side is constant. */
    private static double correlation(double[] x, double[] y, double[] weights) {
        double meanX = mean(i -> x[i], weights);
        double meanY = mean(i -> y[i], weights);
        double spreadX = mean(i -> (x[i] - meanX) * (x[i] - meanX), weights);
        double spreadY = mean(i -> (y[i] - meanY) * (y[i] - meanY), weights);
        double both = mean(i -> (x[i] - meanX) * (y[i] - meanY), weights);
        return spreadX > 0 && spreadY > 0 ? Math.clamp(both / Math.sqrt(spreadX * spreadY), -1, 1) : Double.NaN;
    }

    /** The rank of each value, that of equal ones their mean. */
    private static double[] ranks(double[] values, int[] order, int[] weights) {
        double[] ranks = new double[values.length];
        long before = 0;
        for (int from = 0; from < order.length; ) {
            long tied = 0;
            int to = from;
            for (; to < order.length && values[order[to]] == values[order[from]]; to++) {
                tied += weights[order[to]];
            }
            for (int i = from; i < to; i++) {
                ranks[order[i]] = before + (tied + 1) / 2.0;
            }
            before += tied;
            from = to;
        }
        return ranks;
    }

    private static int[] order(double[] values) {
        return IntStream.range(0, values.length)
                .boxed()
                .sorted(Comparator.comparingDouble(i -> values[i]))
                .mapToInt(Integer::intValue)
                .toArray();
    }
}
