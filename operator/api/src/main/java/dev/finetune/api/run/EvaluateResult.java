package dev.finetune.api.run;

import dev.finetune.api.EvaluationSummary;
import dev.finetune.api.McNemar;
import dev.finetune.api.MetricResult;
import dev.finetune.api.PublishedModel;
import dev.finetune.api.RuleResult;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How the candidate was judged, and where it was published. */
public record EvaluateResult(
        boolean gatePassed,
        String gateReason,
        @Nullable String gateMessage,
        EvaluationSummary summary,
        List<MetricResult> results,
        List<McNemar> mcnemar,
        List<RuleResult> rules,
        @Nullable PublishedModel model) {}
