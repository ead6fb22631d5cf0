package dev.finetune.trainer.training;

import dev.finetune.api.Answer;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * L2 logistic regression in double precision, the objective of scikit-learn's {@code LogisticRegression(C)}: the sum of the
 * negative log likelihoods times C plus half the squared norm of the weights; intercepts are free. Two classes have one row of
 * weights, more have one each.
 */
record LogisticRegression(int features, int classes, double[] weights) implements LinearModel {
    /** Sums of losses and gradients are of so many parts at most, each of so many examples at least. */
    private static final int PARTS = 16;

    private static final int CHUNK = 64;

    /** Rows of weights: {@code weights[f x rows + r]}, then the intercepts at {@code features x rows + r}. */
    private static int rows(int classes) {
        return classes == 2 ? 1 : classes;
    }

    /** Fits {@code x[examples][features]} to class indices, to the last digits; starts from a fit of the same shape where one is given. */
    static LogisticRegression fit(double[][] x, int[] y, int classes, double c, double[] start) {
        return fit(x, y, classes, c, start, 1e-7 * Math.max(1, c));
    }

    /**
     * A fit that is near enough to compare one C with another: ten times nearer than scikit-learn stops by default
     * ({@code tol=1e-4} of the mean loss). With many classes the last digits take most of the iterations.
     */
    static LogisticRegression fitNearly(double[][] x, int[] y, int classes, double c, double[] start) {
        return fit(x, y, classes, c, start, 1e-5 * c * x.length);
    }

    private static LogisticRegression fit(
            double[][] x, int[] y, int classes, double c, double[] start, double tolerance) {
        int features = x[0].length;
        double[] w = start.length == 0 ? new double[(features + 1) * rows(classes)] : start.clone();
        Loss loss = new Loss(x, y, classes, c, w.length);
        return new LogisticRegression(features, classes, Lbfgs.minimize(loss, w, 2000, tolerance));
    }

    @Override
    public Answer answer() {
        return Answer.Label;
    }

    /** The probability of each class for each row. */
    @Override
    public double[][] answers(double[][] x) {
        return Arrays.stream(x)
                .parallel()
                .map(row -> softmax(scores(row, weights, features, rows(classes)), classes))
                .toArray(double[][]::new);
    }

    private static double[] scores(double[] row, double[] w, int features, int rows) {
        double[] scores = Arrays.copyOfRange(w, features * rows, features * rows + rows);
        for (int f = 0; f < features; f++) {
            double value = row[f];
            int at = f * rows;
            for (int r = 0; r < rows; r++) {
                scores[r] += value * w[at + r];
            }
        }
        return scores;
    }

    private static double[] softmax(double[] scores, int classes) {
        double[] logits = classes == 2 && scores.length == 1 ? new double[] {0, scores[0]} : scores;
        double max = Arrays.stream(logits).max().orElse(0);
        double sum = 0;
        double[] p = new double[logits.length];
        for (int i = 0; i < p.length; i++) {
            p[i] = Math.exp(logits[i] - max);
            sum += p[i];
        }
        for (int i = 0; i < p.length; i++) {
            p[i] /= sum;
        }
        return p;
    }

    /** The objective, which keeps the arrays of its parts from one call to the next. */
    private static final class Loss implements Lbfgs.Objective {
        private final double[][] x;
        private final int[] y;
        private final int classes;
        private final int rows;
        private final int features;
        private final double c;
        private final double[][] parts;

        Loss(double[][] x, int[] y, int classes, double c, int weights) {
            this.x = x;
            this.y = y;
            this.classes = classes;
            this.rows = rows(classes);
            this.features = x[0].length;
            this.c = c;
            this.parts = new double[Math.clamp(Math.ceilDiv(x.length, CHUNK), 1, PARTS)][weights + 1];
        }

        @Override
        public double at(double[] w, double[] gradient) {
            // Parts have fixed borders and are added in order: the sum does not depend on the number of threads.
            IntStream.range(0, parts.length).parallel().forEach(k -> sum(parts[k], w, border(k), border(k + 1)));
            Arrays.fill(gradient, 0);
            double loss = 0;
            for (double[] part : parts) {
                loss += part[w.length];
                for (int i = 0; i < w.length; i++) {
                    gradient[i] += part[i];
                }
            }
            double norm = 0;
            for (int i = 0; i < w.length; i++) {
                double penalised = i < features * rows ? w[i] : 0;
                gradient[i] = gradient[i] * c + penalised;
                norm += penalised * penalised;
            }
            return c * loss + norm / 2;
        }

        private int border(int part) {
            return (int) ((long) x.length * part / parts.length);
        }

        /** Gradient of the loss of some examples, then the loss itself in the last place. */
        private void sum(double[] part, double[] w, int from, int to) {
            Arrays.fill(part, 0);
            for (int i = from; i < to; i++) {
                double[] p = softmax(scores(x[i], w, features, rows), classes);
                part[w.length] -= Math.log(Math.max(p[y[i]], Double.MIN_NORMAL));
                double[] error = new double[rows];
                for (int r = 0; r < rows; r++) {
                    int label = rows == 1 ? 1 : r;
                    error[r] = p[label] - (y[i] == label ? 1 : 0);
                }
                for (int f = 0; f < features; f++) {
                    double value = x[i][f];
                    int at = f * rows;
                    for (int r = 0; r < rows; r++) {
                        part[at + r] += value * error[r];
                    }
                }
                for (int r = 0; r < rows; r++) {
                    part[features * rows + r] += error[r];
                }
            }
        }
    }
}
