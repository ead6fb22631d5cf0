package dev.finetune.api;

import org.jspecify.annotations.Nullable;

/**
 * What the job used so far, folded whenever a pod ends.
 *
 * @param activeSince when the pod that runs now was started; its time is not yet in the sums
 */
public record Usage(
        @Nullable Long activeSeconds,
        @Nullable String activeSince,
        @Nullable Long acceleratorSeconds,
        @Nullable Long peakMemoryBytes) {}
