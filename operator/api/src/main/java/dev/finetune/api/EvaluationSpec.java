package dev.finetune.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** How the candidate is judged on the test set. */
public record EvaluationSpec(
        @Nullable String primaryMetric,
        @Nullable String positiveLabel,
        @Nullable List<String> metrics,
        @Nullable List<Baseline> baselines,
        @Nullable Gate gate) {}
