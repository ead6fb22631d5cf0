package dev.finetune.trainer.cli;

import dev.finetune.api.run.Plan;
import dev.finetune.api.run.Progress;
import dev.finetune.api.run.StageResult;
import dev.finetune.trainer.dataset.Workspace;
import dev.finetune.trainer.training.StopSignal;
import java.nio.file.Path;
import java.util.function.Consumer;

/** Does one stage's work: a seam, so that the processes around it can be tested without a model. */
@FunctionalInterface
interface StageWork {
    /** Where a stage works, whom it tells, and who may stop it. {@code store} is the artefact store, used by evaluate. */
    record Surroundings(Workspace workspace, Path store, Consumer<Progress> progress, StopSignal stop) {}

    /** Runs the plan's stage to its end; throws a StageException where it cannot go on. */
    StageResult run(Plan plan, String planDigest, Surroundings surroundings) throws Exception;
}
