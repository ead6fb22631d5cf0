package dev.finetune.trainer.cli;

import dev.finetune.api.run.EvaluateResult;
import dev.finetune.api.run.Progress;
import dev.finetune.api.run.Stage;
import dev.finetune.api.run.StageResult;
import java.nio.file.Path;
import java.time.Duration;

/** Tells whoever started {@code finetune run} how it goes. */
interface RunReporter {
    void started(Stage stage);

    void progress(Progress progress);

    /** The stage is done; {@code earlier} when its result was already there. */
    void done(StageResult result, Duration took, boolean earlier);

    /** Something the user should know that is no error. */
    void note(String message);

    /** The model is judged and lies in {@code artifact}. */
    void finished(EvaluateResult result, Path artifact);
}
