package dev.finetune.api;

import org.jspecify.annotations.Nullable;

/** What the job used so far, folded once per run. */
public record Usage(
        @Nullable Long activeSeconds,
        @Nullable Long acceleratorSeconds,
        @Nullable Long peakMemoryBytes) {}
