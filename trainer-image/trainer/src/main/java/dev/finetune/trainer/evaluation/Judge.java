package dev.finetune.trainer.evaluation;

import dev.finetune.api.Answer;
import dev.finetune.api.Baseline;
import dev.finetune.api.Metric;
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
        this.positive = settings.positiveLabel().map(test.labels()::indexOf).orElse(-1);
        this.seed = seed;
        this.resamples = resamples;
    }

    Judgement judge(Scored scored) {
        Outputs candidate = test.outputs(scored.test(), scored.threshold());
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
                .filter(label -> !test.classesOf(baseline.labels()).contains(label))
                .toList();
        if (baseline.name() == Baseline.Deployed) {
            settings.refuseOtherScores(baseline.source(), test.scored(), baseline.labels());
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

    private boolean existsForClasses(Metric metric) {
        return metric.definedFor(test.classes()) && (positive >= 0 || !metric.needsPositiveLabel(test.classes()));
    }

    /** Every metric that is one number, and what rules ask for. */
    Set<Metric> measured() {
        Set<Metric> metrics = new LinkedHashSet<>(settings.measured());
        boolean small = (long) test.size() * test.classes() <= SMALL;
        for (Metric metric : Metric.values()) {
            boolean exists = !metric.perClass()
                    && metric.measures(test.answer())
                    && (test.answer() != Answer.Label || existsForClasses(metric));
            boolean cheap = !metric.scoreBased() || metric == Metric.logLoss || metric.ofNumbers() || small;
            if (exists && cheap) {
                metrics.add(metric);
            }
        }
        return metrics;
    }
}
