package dev.finetune.trainer.evaluation;

import dev.finetune.api.Baseline;
import dev.finetune.api.Metric;
import java.util.Optional;
import java.util.OptionalDouble;

/** One gate rule, parsed: bounds on the candidate, or a comparison with a baseline. */
record Rule(
        String name,
        Metric metric,
        OptionalDouble min,
        OptionalDouble max,
        OptionalDouble minLow,
        Optional<Baseline> against,
        OptionalDouble minDelta,
        OptionalDouble maxDrop) {}
