package dev.finetune.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A metric of the candidate with its two-sided interval, and of each baseline. */
public record MetricResult(
        @Nullable String metric,
        @Nullable String candidate,
        @Nullable String low,
        @Nullable String high,
        @Nullable List<BaselineResult> baselines) {}
