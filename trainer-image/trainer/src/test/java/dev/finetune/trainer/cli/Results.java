package dev.finetune.trainer.cli;

import dev.finetune.api.Baseline;
import dev.finetune.api.BaselineResult;
import dev.finetune.api.CheckAction;
import dev.finetune.api.EvaluationSummary;
import dev.finetune.api.Finding;
import dev.finetune.api.McNemar;
import dev.finetune.api.MetricResult;
import dev.finetune.api.PublishedModel;
import dev.finetune.api.ReadSource;
import dev.finetune.api.RuleResult;
import dev.finetune.api.Verdict;
import dev.finetune.api.run.EvaluateResult;
import dev.finetune.api.run.Outcome;
import dev.finetune.api.run.Plan;
import dev.finetune.api.run.PrepareResult;
import dev.finetune.api.run.StageResult;
import dev.finetune.api.run.TrainResult;
import java.util.Collections;
import java.util.List;

/** Results as stages leave them, large or small. */
final class Results {
    static final String DIGEST = "sha256:" + "ab".repeat(32);

    private Results() {}

    static StageResult of(Plan plan, String planDigest) {
        return switch (plan.stage()) {
            case prepare -> result(plan, planDigest, prepare(2, ""), null, null);
            case train -> result(plan, planDigest, null, train(), null);
            case evaluate -> result(plan, planDigest, null, null, evaluate(1, "fine"));
        };
    }

    private static StageResult result(
            Plan plan, String planDigest, PrepareResult prepare, TrainResult train, EvaluateResult evaluate) {
        return new StageResult(planDigest, plan.stage(), Outcome.Succeeded, prepare, train, evaluate, null);
    }

    static PrepareResult prepare(int labels, String message) {
        return new PrepareResult(
                DIGEST,
                null,
                "apache-2.0",
                DIGEST,
                DIGEST,
                100,
                10,
                20,
                Collections.nCopies(labels, "label"),
                Collections.nCopies(labels, new Finding("Duplicates", CheckAction.Remove, 3L, message)),
                true,
                List.of(
                                "spec.model",
                                "spec.dataset.train",
                                "spec.dataset.validation",
                                "spec.dataset.test",
                                "spec.dataset.thesaurus")
                        .stream()
                        .map(field -> new ReadSource(field, DIGEST, 1_000_000L, 20_000_000_000L, DIGEST))
                        .toList());
    }

    static TrainResult train() {
        return new TrainResult(DIGEST, 1, 100, 100, "f1", "0.91", "all epochs done", true, 32, 10.5, 0.004, null);
    }

    static EvaluateResult evaluate(int metrics, String message) {
        BaselineResult probe = new BaselineResult(Baseline.LinearProbe, "0.81", "0.10", "0.05", "0.15");
        return new EvaluateResult(
                true,
                "Succeeded",
                message,
                new EvaluationSummary("f1", "0.81", Baseline.LinearProbe, "0.91"),
                java.util.stream.IntStream.range(0, metrics)
                        .mapToObj(i ->
                                new MetricResult(i == 0 ? "f1" : "metric" + i, "0.91", "0.88", "0.94", List.of(probe)))
                        .toList(),
                List.of(new McNemar(Baseline.LinearProbe, "0.0004")),
                Collections.nCopies(metrics, new RuleResult("beats-probe", Verdict.Passed, message)),
                new PublishedModel("sms", "abababababab", DIGEST, "file:///store/sms", null, 90L));
    }
}
