package dev.finetune.trainer.evaluation;

import java.util.SplittableRandom;

/**
 * Exact draws of a binomial count: by inversion where few successes are expected, else by transformed rejection (Hoermann, "The
 * generation of binomial random variates", 1993). It lets a resample of a test set cost as much as it has different outcomes, not as
 * much as it has examples.
 */
final class BinomialSampler {
    private static final double FEW = 10;

    /** log k! minus Stirling's formula for k below 10. */
    private static final double[] STIRLING_REST = {
        0.08106146679532726, 0.04134069595540929, 0.02767792568499834, 0.02079067210376509, 0.01664469118982119,
        0.01387612882307075, 0.01189670994589177, 0.01041126526197209, 0.009255462182712733, 0.008330563433362871
    };

    private BinomialSampler() {}

    /** How many of n independent trials succeed, each with chance p. */
    static int draw(SplittableRandom random, int n, double p) {
        if (n <= 0 || p <= 0) {
            return 0;
        }
        if (p >= 1) {
            return n;
        }
        if (p > 0.5) {
            return n - draw(random, n, 1 - p);
        }
        return n * p < FEW ? inversion(random, n, p) : rejection(random, n, p);
    }

    private static int inversion(SplittableRandom random, int n, double p) {
        double odds = p / (1 - p);
        while (true) {
            double u = random.nextDouble();
            double mass = Math.exp(n * Math.log1p(-p));
            for (int k = 0; k <= n; k++) {
                if (u < mass) {
                    return k;
                }
                u -= mass;
                mass *= odds * (n - k) / (k + 1);
            }
        }
    }

    private static int rejection(SplittableRandom random, int n, double p) {
        double spread = Math.sqrt(n * p * (1 - p));
        double b = 1.15 + 2.53 * spread;
        double a = -0.0873 + 0.0248 * b + 0.01 * p;
        double centre = n * p + 0.5;
        double squeeze = 0.92 - 4.2 / b;
        double alpha = (2.83 + 5.1 / b) * spread;
        double odds = p / (1 - p);
        double mode = Math.floor((n + 1) * p);
        while (true) {
            double u = random.nextDouble() - 0.5;
            double v = random.nextDouble();
            double side = 0.5 - Math.abs(u);
            double k = Math.floor((2 * a / side + b) * u + centre);
            if (k < 0 || k > n) {
                continue;
            }
            if (side >= 0.07 && v <= squeeze) {
                return (int) k;
            }
            double bound = (mode + 0.5) * Math.log((mode + 1) / (odds * (n - mode + 1)))
                    + (n + 1) * Math.log((n - mode + 1) / (n - k + 1))
                    + (k + 0.5) * Math.log(odds * (n - k + 1) / (k + 1))
                    + stirlingRest(mode)
                    + stirlingRest(n - mode)
                    - stirlingRest(k)
                    - stirlingRest(n - k);
            if (Math.log(v * alpha / (a / (side * side) + b)) <= bound) {
                return (int) k;
            }
        }
    }

    private static double stirlingRest(double k) {
        if (k < STIRLING_REST.length) {
            return STIRLING_REST[(int) k];
        }
        double next = k + 1;
        double square = next * next;
        return (1.0 / 12 - (1.0 / 360 - 1.0 / 1260 / square) / square) / next;
    }
}
