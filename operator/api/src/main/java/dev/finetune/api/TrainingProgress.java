package dev.finetune.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where the running stage is.
 *
 * @param pod the pod that works, or the last one that did
 * @param podStartTime when that pod's container started; what started earlier is not its successor
 */
public record TrainingProgress(
        @Nullable String stage,
        @Nullable String pod,
        @Nullable String podStartTime,
        @Nullable Integer epoch,
        @Nullable Long step,
        @Nullable Long totalSteps,
        @Nullable Integer progressPercentage,
        @Nullable Long estimatedRemainingSeconds,
        @Nullable List<NamedValue> metrics,
        @Nullable String lastUpdatedTime) {}
