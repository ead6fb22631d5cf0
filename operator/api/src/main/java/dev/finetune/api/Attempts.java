package dev.finetune.api;

import org.jspecify.annotations.Nullable;

/** How often stages were started again, by cause. */
public record Attempts(
        @Nullable Integer runs,
        @Nullable Integer disrupted,
        @Nullable Integer outOfMemory,
        @Nullable Integer resultsLost) {}
