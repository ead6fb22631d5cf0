package dev.finetune.api;

import org.jspecify.annotations.Nullable;

/**
 * How often stages were started, and again by cause.
 *
 * @param runs Jobs of all stages
 * @param prepare the newest run of that stage, likewise train and evaluate
 * @param failed ends that count against backoffLimit
 * @param disrupted ends that do not count: evictions, drains, stops after a checkpoint
 * @param withoutProgress disrupted ends since training last got further
 * @param staleBaselines evaluations repeated because the deployed set had changed
 */
public record Attempts(
        @Nullable Integer runs,
        @Nullable Integer prepare,
        @Nullable Integer train,
        @Nullable Integer evaluate,
        @Nullable Integer failed,
        @Nullable Integer disrupted,
        @Nullable Integer withoutProgress,
        @Nullable Integer outOfMemory,
        @Nullable Integer resultsLost,
        @Nullable Integer staleBaselines) {}
