package dev.finetune.trainer.evaluation;

import dev.finetune.api.Baseline;
import dev.finetune.api.Metric;
import dev.finetune.api.MetricResult;
import dev.finetune.trainer.artifact.Manifest;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Whether the test set itself is to be doubted: what serves scores below the interval that it was published with, and further than
 * the two intervals together explain. Wrecked labels in a self-made test would otherwise crown a wrecked model.
 */
final class TestSuspicion {
    private TestSuspicion() {}

    static Optional<String> of(
            Judgement judgement, EvaluationSettings settings, Function<String, Manifest> manifestOf) {
        for (Comparison comparison : judgement.against(Baseline.Deployed)) {
            Optional<String> suspicion = of(comparison, settings, manifestOf.apply(comparison.source()));
            if (suspicion.isPresent()) {
                return suspicion;
            }
        }
        return Optional.empty();
    }

    private static Optional<String> of(Comparison comparison, EvaluationSettings settings, Manifest published) {
        Metric primary = settings.primary();
        Statistic statistic = Statistic.of(primary);
        double now = comparison.test().size() == 0 ? Double.NaN : comparison.baselineValue(statistic);
        MetricResult then = published.metrics().stream()
                .filter(m -> primary.name().equals(m.metric()))
                .findFirst()
                .orElse(null);
        if (then == null || Double.isNaN(now)) {
            return Optional.empty();
        }
        double wasThen = number(then.candidate());
        double worstThen = number(primary.higherIsBetter() ? then.low() : then.high());
        Interval interval = comparison.samples().interval(statistic, 1, settings.confidence());
        double bestNow = primary.higherIsBetter() ? interval.high() : interval.low();
        double fall = primary.signed(wasThen - now);
        double explained = Math.hypot(wasThen - worstThen, bestNow - now);
        // A comparison with NaN is false: without a published interval there is no suspicion.
        boolean below = primary.signed(worstThen - now) > 0;
        if (!(below && fall > explained)) {
            return Optional.empty();
        }
        return Optional.of("the deployed model " + published.version() + " scores " + primary.name() + " "
                + Numbers.shown(now) + " on this test set and was published with " + then.candidate() + " ("
                + then.low() + " to " + then.high() + "); check the labels of the test set");
    }

    private static double number(@Nullable String decimal) {
        return decimal == null ? Double.NaN : Double.parseDouble(decimal);
    }
}
