package dev.finetune.trainer.evaluation;

import dev.finetune.api.Baseline;
import dev.finetune.api.FailureClass;
import dev.finetune.api.run.StageException;
import dev.finetune.trainer.evaluation.Scored.ScoredBaseline;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** From what the models said to the numbers that the gate judges by. */
final class Judge {
    /** Beyond this many pairs of example and class, areas under curves are sampled only where they are asked for: a draw reads all. */
    private static final int SMALL = 20_000;

    private final EvaluationSettings settings;
    private final TestSet test;
    private final int positive;
    private final long seed;
    private final int resamples;

    Judge(EvaluationSettings settings, TestSet test, long seed, int resamples) {
        this.settings = settings;
        this.test = test;
        this.positive = ClassificationMetrics.positiveIndex(
                test.labels(), settings.positiveLabel().orElse(null));
        this.seed = seed;
        this.resamples = resamples;
    }

    Judgement judge(Scored scored) {
        Outputs candidate = Outputs.ofScores(scored.test());
        List<Statistic> statistics = Statistic.allOf(measured(), test.classes());
        Samples samples = new Bootstrap(test, List.of(candidate), positive, seed, resamples).run(statistics);
        List<Comparison> comparisons = new ArrayList<>();
        for (ScoredBaseline baseline : scored.baselines()) {
            comparisons.add(compare(candidate, baseline, statistics));
        }
        return new Judgement(test, positive, candidate, samples, comparisons, scored.missing(), seed, resamples);
    }

    private Comparison compare(Outputs candidate, ScoredBaseline baseline, List<Statistic> statistics) {
        List<String> unknown = test.labels().stream()
                .filter(label -> !baseline.labels().contains(label))
                .toList();
        if (baseline.outputs().probabilities().isEmpty()) {
            refuseScoreRules(baseline);
        }
        int[] unseen = baseline.unseen().orElse(null);
        return Comparison.of(
                baseline.name(),
                baseline.source(),
                unseen == null ? test : test.select(unseen),
                positive,
                unseen == null ? candidate : candidate.select(unseen),
                unseen == null ? baseline.outputs() : baseline.outputs().select(unseen),
                unseen == null ? 0 : test.size() - unseen.length,
                unknown,
                statistics,
                seed,
                resamples);
    }

    private void refuseScoreRules(ScoredBaseline baseline) {
        for (Rule rule : settings.rules()) {
            if (rule.metric().scoreBased()
                    && rule.against().filter(a -> a == Baseline.Deployed).isPresent()) {
                throw new StageException(
                        FailureClass.InvalidSpec,
                        "expected the deployed model " + baseline.source() + " to have the labels " + test.labels()
                                + " for the rule " + rule.name() + " on " + rule.metric() + ", it has "
                                + baseline.labels() + "; judge by a metric of decisions such as f1Macro");
            }
        }
    }

    /** Every metric that is one number, and what rules ask for. */
    Set<MetricName> measured() {
        Set<MetricName> metrics = new LinkedHashSet<>(settings.measured());
        boolean small = (long) test.size() * test.classes() <= SMALL;
        for (MetricName metric : MetricName.values()) {
            boolean exists = !metric.perClass()
                    && metric.definedFor(test.classes())
                    && (positive >= 0 || !metric.needsPositiveLabel(test.classes()));
            boolean cheap = !metric.scoreBased() || metric == MetricName.LOG_LOSS || small;
            if (exists && cheap) {
                metrics.add(metric);
            }
        }
        return metrics;
    }
}
