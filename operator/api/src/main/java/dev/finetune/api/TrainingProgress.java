package dev.finetune.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Where the running stage is. */
public record TrainingProgress(
        @Nullable String stage,
        @Nullable String pod,
        @Nullable Integer epoch,
        @Nullable Long step,
        @Nullable Long totalSteps,
        @Nullable Integer progressPercentage,
        @Nullable Long estimatedRemainingSeconds,
        @Nullable List<NamedValue> metrics,
        @Nullable String lastUpdatedTime) {}
