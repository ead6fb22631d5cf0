package dev.finetune.trainer.metric;

import java.util.Arrays;

/**
 * The score from which a label is given, where an example may have several. It is one for all labels, that of the highest micro F1. A
 * threshold for each label fits the handful of examples that a rare label has to choose it by: Yang, "A Study of Thresholding Strategies for
 * Text Categorization", 2001, found such thresholds overfitted on rare labels. One for all is chosen by examples times labels decisions,
 * mostly thousands. It must be chosen on validation: chosen on the examples that judge, it would make every model look better than it is.
 */
public final class Threshold {
    /** Where labels are given without a choice: they are more likely than not. */
    public static final double DEFAULT = 0.5;

    private static final double ROUNDING = 1e4;

    private Threshold() {}

    /**
     * The best for these examples: {@link #DEFAULT} where it is as good as any, else from between the two scores that it parts; of equally
     * good ones the nearest to the default.
     *
     * @param truth the number in {@code sets} of each example's labels: {@code [n]}
     * @param scores the probability of each label for each example: {@code [n][labels]}
     */
    public static double best(LabelSets sets, int[] truth, double[][] scores) {
        double[] right = sorted(sets, truth, scores, true);
        double[] wrong = sorted(sets, truth, scores, false);
        int rightLeft = right.length;
        int wrongLeft = wrong.length;
        double best = 0;
        double threshold = DEFAULT;
        while (rightLeft > 0) {
            double score = highest(right, rightLeft, wrong, wrongLeft);
            while (rightLeft > 0 && right[rightLeft - 1] == score) {
                rightLeft--;
            }
            while (wrongLeft > 0 && wrong[wrongLeft - 1] == score) {
                wrongLeft--;
            }
            double hits = right.length - rightLeft;
            double given = hits + wrong.length - wrongLeft;
            double f1 = 2 * hits / (given + right.length);
            double between = between(highest(right, rightLeft, wrong, wrongLeft), score);
            boolean nearer = Math.abs(between - DEFAULT) < Math.abs(threshold - DEFAULT);
            if (f1 > best || (f1 == best && best > 0 && nearer)) {
                best = f1;
                threshold = between;
            }
        }
        return threshold;
    }

    /** The highest score of the first so many of each; 0 where none is left. */
    private static double highest(double[] right, int rightLeft, double[] wrong, int wrongLeft) {
        return Math.max(rightLeft == 0 ? 0 : right[rightLeft - 1], wrongLeft == 0 ? 0 : wrong[wrongLeft - 1]);
    }

    /** A number above the first and at most the second; short where it can be, for people read it. */
    private static double between(double below, double score) {
        if (below < DEFAULT && DEFAULT <= score) {
            return DEFAULT;
        }
        double middle = below + (score - below) / 2;
        double rounded = Math.rint(middle * ROUNDING) / ROUNDING;
        if (below < rounded && rounded <= score) {
            return rounded;
        }
        return middle > below ? middle : score;
    }

    /** The scores of the labels that examples have, or of those that they lack, in rising order. */
    private static double[] sorted(LabelSets sets, int[] truth, double[][] scores, boolean has) {
        double[] found = new double[truth.length * sets.labels()];
        int count = 0;
        for (int i = 0; i < truth.length; i++) {
            for (int label = 0; label < sets.labels(); label++) {
                if (sets.has(truth[i], label) == has) {
                    found[count++] = scores[i][label];
                }
            }
        }
        double[] sorted = Arrays.copyOf(found, count);
        Arrays.sort(sorted);
        return sorted;
    }
}
