package dev.finetune.api;

import org.jspecify.annotations.Nullable;

/** The primary metric before and after. */
public record EvaluationSummary(
        @Nullable String metric,
        @Nullable String before,
        @Nullable Baseline beforeBaseline,
        @Nullable String after) {}
