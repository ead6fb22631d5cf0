package dev.finetune.trainer.evaluation;

import dev.finetune.api.Baseline;
import dev.finetune.api.Metric;
import java.util.List;
import java.util.function.IntPredicate;

/**
 * A candidate beside one baseline on the same examples. Differences are candidate minus baseline.
 *
 * @param name what the baseline is
 * @param source which one, where there can be several: a digest, else empty
 * @param excluded how many test examples were left out, because the baseline was trained on them
 * @param unknownLabels labels of the test set that the baseline does not know
 */
record Comparison(
        Baseline name,
        String source,
        TestSet test,
        int positive,
        Outputs candidate,
        Outputs baseline,
        int excluded,
        List<String> unknownLabels,
        Samples samples) {
    private static final int CANDIDATE = 0;
    private static final int BASELINE = 1;

    static Comparison of(
            Baseline name,
            String source,
            TestSet test,
            int positive,
            Outputs candidate,
            Outputs baseline,
            int excluded,
            List<String> unknownLabels,
            List<Statistic> statistics,
            long seed,
            int resamples) {
        Samples samples = new Bootstrap(test, List.of(candidate, baseline), positive, seed, resamples).run(statistics);
        return new Comparison(name, source, test, positive, candidate, baseline, excluded, unknownLabels, samples);
    }

    double candidateValue(Statistic statistic) {
        return Measured.value(statistic, test, candidate, positive);
    }

    double baselineValue(Statistic statistic) {
        return Measured.value(statistic, test, baseline, positive);
    }

    double delta(Statistic statistic) {
        return candidateValue(statistic) - baselineValue(statistic);
    }

    /** How much better the candidate is; negative where it is worse, whichever way the metric points. */
    double gain(Statistic statistic) {
        return statistic.metric().signed(delta(statistic));
    }

    /** The two-sided interval of the difference. */
    Interval deltaInterval(Statistic statistic, double confidence) {
        return Interval.of(samples.differences(statistic, CANDIDATE, BASELINE), confidence);
    }

    /** The gain that is exceeded with the given share of confidence: the (1 - c) quantile of the paired bootstrap. */
    double gainAtLeast(Statistic statistic, double confidence) {
        return gainQuantile(statistic, 1 - confidence);
    }

    /** A quantile of the paired bootstrap of the gain. */
    double gainQuantile(Statistic statistic, double share) {
        double[] sorted = statistic.metric().higherIsBetter()
                ? samples.differences(statistic, CANDIDATE, BASELINE)
                : samples.differences(statistic, BASELINE, CANDIDATE);
        return Interval.quantile(sorted, share);
    }

    /** McNemar's test of being right, of several labels about all of them, of tags about every word's; of numbers the sign test of being nearer. */
    McNemarTest mcNemar() {
        if (test.isOfNumbers() && baseline.probabilities().isEmpty()) {
            // It answers something else, which is neither near nor far.
            return new McNemarTest(0, 0);
        }
        if (test.isOfNumbers()) {
            return McNemarTest.of(
                    test,
                    _ -> true,
                    i -> distance(candidate, i) < distance(baseline, i),
                    i -> distance(baseline, i) < distance(candidate, i));
        }
        int[] truth = test.truth();
        return McNemarTest.of(
                test, _ -> true, i -> candidate.decision(i) == truth[i], i -> baseline.decision(i) == truth[i]);
    }

    private double distance(Outputs outputs, int example) {
        return Math.abs(outputs.number(example) - test.numbers()[example]);
    }

    /**
     * McNemar's test on the examples that a per-class metric of one class is about: those of the class, and for precision and F1 also
     * those that either model took for it. Right means right about this class; of entities a text is right when all of its type are, for recall when none
     * is missed.
     */
    McNemarTest mcNemar(Metric metric, int label) {
        int[] truth = test.truth();
        IntPredicate ofClass = i -> test.has(truth[i], label);
        IntPredicate counted = metric == Metric.recallPerClass
                ? ofClass
                : i -> test.has(truth[i], label) || took(candidate, i, label) || took(baseline, i, label);
        return McNemarTest.of(
                test, counted, i -> right(candidate, i, metric, label), i -> right(baseline, i, metric, label));
    }

    private boolean right(Outputs outputs, int example, Metric metric, int label) {
        return metric == Metric.recallPerClass
                ? test.isFound(example, outputs.decision(example), label)
                : test.isRight(example, outputs.decision(example), label);
    }

    private boolean took(Outputs outputs, int example, int label) {
        return test.has(outputs.decision(example), label);
    }
}
