package dev.finetune.trainer.training;

import dev.finetune.api.Answer;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Least squares with an L2 penalty, as scikit-learn's {@code Ridge(alpha)}: the sum of squared errors plus alpha times the squared norm
 * of the weights; the intercept is free. Solved exactly by Cholesky's decomposition of the normal equations.
 *
 * @param weights one per feature, then the intercept
 */
record RidgeRegression(double[] weights) implements LinearModel {
    /** Fits {@code features[examples][n]} to numbers. */
    static RidgeRegression fit(double[][] features, double[] numbers, double alpha) {
        int n = features[0].length;
        double[] means = means(features);
        double mean = Arrays.stream(numbers).average().orElse(0);
        // Row by row in a fixed order: the sums do not depend on the number of threads.
        double[][] normal = IntStream.range(0, n)
                .parallel()
                .mapToObj(i -> {
                    double[] row = new double[i + 1];
                    for (double[] x : features) {
                        double value = x[i] - means[i];
                        for (int j = 0; j <= i; j++) {
                            row[j] += value * (x[j] - means[j]);
                        }
                    }
                    row[i] += alpha;
                    return row;
                })
                .toArray(double[][]::new);
        double[] right = new double[n];
        for (int k = 0; k < features.length; k++) {
            for (int i = 0; i < n; i++) {
                right[i] += (features[k][i] - means[i]) * (numbers[k] - mean);
            }
        }
        double[] solved = solve(normal, right);
        double[] weights = Arrays.copyOf(solved, n + 1);
        weights[n] = mean;
        for (int i = 0; i < n; i++) {
            weights[n] -= solved[i] * means[i];
        }
        return new RidgeRegression(weights);
    }

    @Override
    public Answer answer() {
        return Answer.Number;
    }

    @Override
    public double[][] answers(double[][] features) {
        return Arrays.stream(features)
                .map(x -> {
                    double sum = weights[x.length];
                    for (int i = 0; i < x.length; i++) {
                        sum += weights[i] * x[i];
                    }
                    return new double[] {sum};
                })
                .toArray(double[][]::new);
    }

    private static double[] means(double[][] features) {
        double[] means = new double[features[0].length];
        for (double[] x : features) {
            for (int i = 0; i < means.length; i++) {
                means[i] += x[i];
            }
        }
        for (int i = 0; i < means.length; i++) {
            means[i] /= features.length;
        }
        return means;
    }

    /** Solves a symmetric positive system, of which the lower triangle is given and overwritten. */
    private static double[] solve(double[][] lower, double[] right) {
        int n = right.length;
        for (int i = 0; i < n; i++) {
            for (int j = 0; j <= i; j++) {
                double sum = lower[i][j];
                for (int k = 0; k < j; k++) {
                    sum -= lower[i][k] * lower[j][k];
                }
                lower[i][j] = i == j ? Math.sqrt(sum) : sum / lower[j][j];
            }
        }
        double[] x = right.clone();
        for (int i = 0; i < n; i++) {
            for (int k = 0; k < i; k++) {
                x[i] -= lower[i][k] * x[k];
            }
            x[i] /= lower[i][i];
        }
        for (int i = n - 1; i >= 0; i--) {
            for (int k = i + 1; k < n; k++) {
                x[i] -= lower[k][i] * x[k];
            }
            x[i] /= lower[i][i];
        }
        return x;
    }
}
