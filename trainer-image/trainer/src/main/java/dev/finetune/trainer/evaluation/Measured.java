package dev.finetune.trainer.evaluation;

import java.util.Arrays;

/** Point values on a test set. */
final class Measured {
    private Measured() {}

    /** The value of one number of a model; NaN where it does not exist. */
    static double value(Statistic statistic, TestSet test, Outputs outputs, int positive) {
        if (test.size() == 0) {
            return Double.NaN;
        }
        if (!statistic.metric().scoreBased()) {
            return statistic.of(test.counts(outputs.decisions()), positive);
        }
        int[] once = new int[test.size()];
        Arrays.fill(once, 1);
        return outputs.probabilities()
                .map(scored -> test.metrics(scored, positive).value(statistic.metric(), once))
                .orElse(Double.NaN);
    }
}
