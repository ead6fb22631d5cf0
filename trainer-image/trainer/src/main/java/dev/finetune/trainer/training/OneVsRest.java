package dev.finetune.trainer.training;

import dev.finetune.api.Answer;
import java.util.Arrays;

/**
 * A logistic regression for each label against all examples without it, as scikit-learn's {@code OneVsRestClassifier(LogisticRegression(C))}.
 *
 * @param weights those of each label, one per feature and the intercept, label after label
 */
record OneVsRest(int features, int labels, double[] weights) implements LinearModel {
    /** Fits {@code x[examples][features]} to the labels that each example has; starts from weights of the same shape where some are given. */
    static OneVsRest fit(double[][] x, int[][] has, int labels, double c, double[] start, boolean toTheEnd) {
        int features = x[0].length;
        int width = features + 1;
        double[] weights = new double[labels * width];
        for (int label = 0; label < labels; label++) {
            int wanted = label;
            int[] y = Arrays.stream(has)
                    .mapToInt(of -> Arrays.stream(of).anyMatch(l -> l == wanted) ? 1 : 0)
                    .toArray();
            double[] from = start.length == 0 ? start : Arrays.copyOfRange(start, label * width, (label + 1) * width);
            LogisticRegression fitted = toTheEnd
                    ? LogisticRegression.fit(x, y, 2, c, from)
                    : LogisticRegression.fitNearly(x, y, 2, c, from);
            System.arraycopy(fitted.weights(), 0, weights, label * width, width);
        }
        return new OneVsRest(features, labels, weights);
    }

    /** The probability of each label for each row. */
    @Override
    public double[][] answers(double[][] x) {
        double[][] answers = new double[x.length][labels];
        int width = features + 1;
        for (int label = 0; label < labels; label++) {
            double[] own = Arrays.copyOfRange(weights, label * width, (label + 1) * width);
            double[][] p = new LogisticRegression(features, 2, own).answers(x);
            for (int i = 0; i < x.length; i++) {
                answers[i][label] = p[i][1];
            }
        }
        return answers;
    }

    @Override
    public Answer answer() {
        return Answer.Labels;
    }
}
