package dev.finetune.trainer.metric;

import dev.finetune.api.Metric;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;

/**
 * The metrics that need probabilities, for any weights of the examples: sorted once, then linear in the number of examples, so that
 * a resample is a vector of counts. A probability is that of label j for example i: {@code [n][k]}; the positive class is -1 where none
 * is named. Examples have one label each, or any number of them: then areas are means over the labels, and log loss is that of a label.
 */
public final class ScoreMetrics implements OutputMetrics {
    private static final int BINS = 15;

    /** The smallest probability that log loss sees, as in scikit-learn: one unit in the last place of 1. */
    private static final double EPSILON = Math.ulp(1.0);

    private final Truth truth;
    private final int examples;
    private final double[][] probabilities;
    private final int classes;
    private final int positive;
    private final boolean oneLabel;
    private final double[] logLosses;
    private final List<int[]> byScore = new ArrayList<>();

    /** Which labels examples have. */
    private interface Truth {
        boolean has(int example, int label);
    }

    /** Of examples with one label each. */
    public ScoreMetrics(int[] truth, double[][] probabilities, int classes, int positive) {
        this((i, label) -> truth[i] == label, probabilities, classes, positive, true);
        for (int i = 0; i < truth.length; i++) {
            logLosses[i] = logLoss(probabilities[i][truth[i]]);
        }
    }

    private ScoreMetrics(Truth truth, double[][] probabilities, int classes, int positive, boolean oneLabel) {
        this.positive = positive;
        this.oneLabel = oneLabel;
        this.truth = truth;
        this.probabilities = probabilities;
        this.examples = probabilities.length;
        this.classes = classes;
        this.logLosses = new double[examples];
        for (int label = 0; label < classes; label++) {
            byScore.add(order(label));
        }
    }

    /** Of examples with any number of labels, each told by its set's number. */
    public static ScoreMetrics ofSets(LabelSets sets, int[] truth, double[][] probabilities) {
        ScoreMetrics metrics =
                new ScoreMetrics((i, label) -> sets.has(truth[i], label), probabilities, sets.labels(), -1, false);
        for (int i = 0; i < truth.length; i++) {
            double sum = 0;
            for (int label = 0; label < sets.labels(); label++) {
                double p = probabilities[i][label];
                sum += logLoss(sets.has(truth[i], label) ? p : 1 - p);
            }
            metrics.logLosses[i] = sum / sets.labels();
        }
        return metrics;
    }

    /** Of the probability that was given to what is true. */
    static double logLoss(double p) {
        return -Math.log(Math.clamp(p, EPSILON, 1 - EPSILON));
    }

    @Override
    public double value(Metric metric, int[] weights) {
        return switch (metric) {
            case logLoss -> logLoss(weights);
            case ece -> calibrationError(weights);
            case rocAuc -> rocAuc(weights);
            case prAuc -> prAuc(weights);
            default -> throw new IllegalArgumentException(metric + " does not need scores");
        };
    }

    private double logLoss(int[] weights) {
        double sum = 0;
        long all = 0;
        for (int i = 0; i < examples; i++) {
            sum += weights[i] * logLosses[i];
            all += weights[i];
        }
        return all == 0 ? Double.NaN : sum / all;
    }

    /** Expected calibration error: the mean gap between confidence and accuracy over 15 bins of equal width. */
    private double calibrationError(int[] weights) {
        double[] confidence = new double[BINS];
        double[] correct = new double[BINS];
        long all = 0;
        for (int i = 0; i < examples; i++) {
            int decision = Decisions.best(probabilities[i]);
            double score = probabilities[i][decision];
            int bin = Math.min((int) (score * BINS), BINS - 1);
            confidence[bin] += weights[i] * score;
            correct[bin] += truth.has(i, decision) ? weights[i] : 0;
            all += weights[i];
        }
        double gap = 0;
        for (int bin = 0; bin < BINS; bin++) {
            gap += Math.abs(confidence[bin] - correct[bin]);
        }
        return all == 0 ? Double.NaN : gap / all;
    }

    /** One class against the rest. */
    private double rocAuc(int[] weights) {
        return meanOverClasses(label -> rocAucOf(label, weights));
    }

    private double prAuc(int[] weights) {
        if (classes == 2 && oneLabel) {
            return positive < 0 ? Double.NaN : averagePrecisionOf(positive, weights);
        }
        return meanOverClasses(label -> averagePrecisionOf(label, weights));
    }

    /** The mean over the classes that have both outcomes. */
    private double meanOverClasses(IntToDoubleFunction area) {
        return IntStream.range(0, classes)
                .mapToDouble(area)
                .filter(a -> !Double.isNaN(a))
                .average()
                .orElse(Double.NaN);
    }

    /** The chance that an example of the class scores higher than one of the others; ties count half. */
    private double rocAucOf(int label, int[] weights) {
        int[] order = byScore.get(label);
        double area = 0;
        long positives = 0;
        long negatives = 0;
        for (int from = 0; from < order.length; ) {
            double score = probabilities[order[from]][label];
            long tiedPositives = 0;
            long tiedNegatives = 0;
            int to = from;
            for (; to < order.length && probabilities[order[to]][label] == score; to++) {
                if (truth.has(order[to], label)) {
                    tiedPositives += weights[order[to]];
                } else {
                    tiedNegatives += weights[order[to]];
                }
            }
            area += tiedNegatives * (positives + tiedPositives / 2.0);
            positives += tiedPositives;
            negatives += tiedNegatives;
            from = to;
        }
        return positives == 0 || negatives == 0 ? Double.NaN : area / positives / negatives;
    }

    /** Average precision: the sum of precision times the step in recall, from the highest score down. */
    private double averagePrecisionOf(int label, int[] weights) {
        int[] order = byScore.get(label);
        double area = 0;
        long positives = 0;
        long seen = 0;
        for (int from = 0; from < order.length; ) {
            double score = probabilities[order[from]][label];
            long tiedPositives = 0;
            int to = from;
            for (; to < order.length && probabilities[order[to]][label] == score; to++) {
                tiedPositives += truth.has(order[to], label) ? weights[order[to]] : 0;
                seen += weights[order[to]];
            }
            positives += tiedPositives;
            area += seen == 0 ? 0 : tiedPositives * ((double) positives / seen);
            from = to;
        }
        return positives == 0 ? Double.NaN : area / positives;
    }

    /** The examples from the highest score of the label to the lowest. */
    private int[] order(int label) {
        Integer[] order = new Integer[examples];
        Arrays.setAll(order, i -> i);
        Arrays.sort(order, Comparator.comparingDouble(i -> -probabilities[i][label]));
        return Arrays.stream(order).mapToInt(Integer::intValue).toArray();
    }
}
