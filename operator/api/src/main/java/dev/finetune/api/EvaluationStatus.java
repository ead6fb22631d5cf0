package dev.finetune.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** How the candidate was judged. */
public record EvaluationStatus(
        @Nullable EvaluationSummary summary,
        @Nullable List<MetricResult> results,
        @Nullable List<McNemar> mcnemar,
        @Nullable List<RuleResult> rules,
        @Nullable ReportReference report) {}
