package dev.finetune.trainer.evaluation;

import dev.finetune.api.Baseline;
import java.util.List;
import java.util.Map;

/**
 * Everything the gate judges by: the candidate on the whole test set, and beside each baseline.
 *
 * @param samples the candidate's own sampling distribution, model 0
 * @param missing why a baseline could not be compared with
 */
record Judgement(
        TestSet test,
        int positive,
        Outputs candidate,
        Samples samples,
        List<Comparison> comparisons,
        Map<Baseline, String> missing,
        long seed,
        int resamples) {
    double value(Statistic statistic) {
        return Measured.value(statistic, test, candidate, positive);
    }

    Interval interval(Statistic statistic, double confidence) {
        return samples.interval(statistic, 0, confidence);
    }

    /** The one-sided lower bound of the candidate's number. */
    double low(Statistic statistic, double confidence) {
        return samples.quantile(statistic, 0, 1 - confidence);
    }

    List<Comparison> against(Baseline baseline) {
        return comparisons.stream().filter(c -> c.name() == baseline).toList();
    }

    SwapTest swapTest(Comparison comparison) {
        return new SwapTest(
                comparison.test(), comparison.candidate(), comparison.baseline(), positive, seed, resamples);
    }
}
