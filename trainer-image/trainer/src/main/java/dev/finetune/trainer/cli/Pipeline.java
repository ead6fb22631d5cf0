package dev.finetune.trainer.cli;

import dev.finetune.api.FailureClass;
import dev.finetune.api.run.EvaluateResult;
import dev.finetune.api.run.Outcome;
import dev.finetune.api.run.Plan;
import dev.finetune.api.run.PrepareResult;
import dev.finetune.api.run.StageException;
import dev.finetune.api.run.StageResult;
import dev.finetune.api.run.TrainResult;
import dev.finetune.trainer.prepare.PrepareStage;
import dev.finetune.trainer.source.SourceResolver;
import org.jspecify.annotations.Nullable;

/** The real stages; only prepare reads sources. */
record Pipeline(SourceResolver sources) implements StageWork {
    @Override
    public StageResult run(Plan plan, String planDigest, Surroundings s) {
        return switch (plan.stage()) {
            case prepare ->
                result(plan, planDigest, PrepareStage.run(plan, s.workspace(), sources, s.progress()), null, null);
            case train, evaluate -> throw new StageException(FailureClass.Internal, "not wired");
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
