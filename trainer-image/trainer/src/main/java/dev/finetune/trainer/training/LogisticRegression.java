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

    /** Examples that are gone through together. */
    private static final int BLOCK = 4;

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
        Loss loss = new Loss(x, y, classes, c);
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

        /** Of each part the gradient of the weights of each feature, that of the intercepts, and the loss as one number. */
        private final double[][][] parts;

        /** The weights of each feature, then the intercepts. */
        private final double[][] weights;

        /** Fills a block up. */
        private final double[] nothing;

        Loss(double[][] x, int[] y, int classes, double c) {
            this.x = x;
            this.y = y;
            this.classes = classes;
            this.rows = rows(classes);
            this.features = x[0].length;
            this.c = c;
            this.weights = new double[features + 1][rows];
            this.nothing = new double[features];
            this.parts = new double[Math.clamp(Math.ceilDiv(x.length, CHUNK), 1, PARTS)][features + 2][rows];
        }

        @Override
        public double at(double[] w, double[] gradient) {
            for (int f = 0; f <= features; f++) {
                System.arraycopy(w, f * rows, weights[f], 0, rows);
            }
            // Parts have fixed borders and are added in order: the sum does not depend on the number of threads.
            IntStream.range(0, parts.length).parallel().forEach(k -> sum(parts[k], border(k), border(k + 1)));
            Arrays.fill(gradient, 0);
            double loss = 0;
            for (double[][] part : parts) {
                loss += part[features + 1][0];
                for (int f = 0; f <= features; f++) {
                    for (int r = 0; r < rows; r++) {
                        gradient[f * rows + r] += part[f][r];
                    }
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

        /** The gradient of the loss of some examples, and the loss itself. */
        private void sum(double[][] part, int from, int to) {
            for (double[] row : part) {
                Arrays.fill(row, 0);
            }
            for (int i = from; i < to; i += BLOCK) {
                double[][] block = new double[BLOCK][];
                double[][] scores = new double[BLOCK][];
                for (int k = 0; k < BLOCK; k++) {
                    block[k] = i + k < to ? x[i + k] : nothing;
                    scores[k] = weights[features].clone();
                }
                for (int f = 0; f < features; f++) {
                    score(scores, block, f, weights[f]);
                }
                double[][] errors = new double[BLOCK][rows];
                for (int k = 0; k < BLOCK && i + k < to; k++) {
                    double[] p = softmax(scores[k], classes);
                    part[features + 1][0] -= Math.log(Math.max(p[y[i + k]], Double.MIN_NORMAL));
                    for (int r = 0; r < rows; r++) {
                        int label = rows == 1 ? 1 : r;
                        errors[k][r] = p[label] - (y[i + k] == label ? 1 : 0);
                    }
                }
                for (int f = 0; f < features; f++) {
                    add(part[f], block[0][f], block[1][f], block[2][f], block[3][f], errors);
                }
                add(part[features], 1, 1, 1, 1, errors);
            }
        }

        /** Adds what one feature of four examples gives to their scores: so the compiler uses vectors, and the weights are read once for four. */
        private static void score(double[][] scores, double[][] block, int f, double[] weights) {
            double[] s0 = scores[0];
            double[] s1 = scores[1];
            double[] s2 = scores[2];
            double[] s3 = scores[3];
            double v0 = block[0][f];
            double v1 = block[1][f];
            double v2 = block[2][f];
            double v3 = block[3][f];
            for (int r = 0; r < weights.length; r++) {
                double w = weights[r];
                s0[r] += v0 * w;
                s1[r] += v1 * w;
                s2[r] += v2 * w;
                s3[r] += v3 * w;
            }
        }

        /** Adds them one after the other, as if each were alone. */
        private static void add(double[] gradient, double v0, double v1, double v2, double v3, double[][] errors) {
            double[] e0 = errors[0];
            double[] e1 = errors[1];
            double[] e2 = errors[2];
            double[] e3 = errors[3];
            for (int r = 0; r < gradient.length; r++) {
                gradient[r] = gradient[r] + v0 * e0[r] + v1 * e1[r] + v2 * e2[r] + v3 * e3[r];
            }
        }
    }
}
