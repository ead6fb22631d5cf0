package dev.finetune.trainer.evaluation;

/** A two-sided interval. */
record Interval(double low, double high) {
    /** The central interval of sorted draws that holds the given share of them. */
    static Interval of(double[] sorted, double confidence) {
        double tail = (1 - confidence) / 2;
        return new Interval(quantile(sorted, tail), quantile(sorted, 1 - tail));
    }

    /** The smallest draw that at least that share of the sorted draws does not exceed: the inverse of their distribution. */
    static double quantile(double[] sorted, double share) {
        // The subtraction keeps 0.05 * 10,000 from being a little more than 500.
        int rank = (int) Math.ceil(share * sorted.length - 1e-7);
        return sorted[Math.clamp(rank - 1, 0, sorted.length - 1)];
    }
}
