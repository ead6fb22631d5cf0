package dev.finetune.api;

import org.jspecify.annotations.Nullable;

/** How the model is trained. */
public record TrainingSpec(
        @Nullable Strategy strategy,
        @Nullable Hyperparameters hyperparameters,
        @Nullable String selectBy,
        @Nullable EarlyStopping earlyStopping,
        @Nullable CheckpointPolicy checkpoint,
        @Nullable OnOutOfMemory onOutOfMemory) {}
