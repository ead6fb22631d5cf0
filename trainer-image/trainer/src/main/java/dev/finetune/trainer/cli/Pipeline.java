package dev.finetune.trainer.cli;

import dev.finetune.api.run.EvaluateResult;
import dev.finetune.api.run.Outcome;
import dev.finetune.api.run.Plan;
import dev.finetune.api.run.PrepareResult;
import dev.finetune.api.run.StageResult;
import dev.finetune.api.run.TrainResult;
import dev.finetune.trainer.evaluation.EvaluateStage;
import dev.finetune.trainer.prepare.PrepareStage;
import dev.finetune.trainer.source.SourceResolver;
import dev.finetune.trainer.training.TrainStage;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The real stages; only prepare reads sources. */
record Pipeline(SourceResolver sources) implements StageWork {
    @Override
    public StageResult run(Plan plan, String planDigest, Surroundings s) throws IOException {
        return switch (plan.stage()) {
            case prepare ->
                result(plan, planDigest, PrepareStage.run(plan, s.workspace(), sources, s.progress()), null, null);
            case train ->
                result(plan, planDigest, null, TrainStage.run(plan, s.workspace(), s.progress(), s.stop()), null);
            case evaluate ->
                result(plan, planDigest, null, null, EvaluateStage.run(plan, s.workspace(), s.store(), s.progress()));
        };
    }

    private static StageResult result(
            Plan plan,
            String planDigest,
            @Nullable PrepareResult prepare,
            @Nullable TrainResult train,
            @Nullable EvaluateResult evaluate) {
        return new StageResult(planDigest, plan.stage(), Outcome.Succeeded, prepare, train, evaluate, null);
    }
}
