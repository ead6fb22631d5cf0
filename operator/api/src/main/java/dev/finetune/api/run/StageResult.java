package dev.finetune.api.run;

import org.jspecify.annotations.Nullable;

/** What a stage leaves behind: as its termination message, and as {@code result.json} in its writable folder. */
public record StageResult(
        String planDigest,
        Stage stage,
        Outcome outcome,
        @Nullable PrepareResult prepare,
        @Nullable TrainResult train,
        @Nullable EvaluateResult evaluate,
        @Nullable StageFailure failure) {}
