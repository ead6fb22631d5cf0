package dev.finetune.api;

import org.jspecify.annotations.Nullable;

/** One rule: a bound on the candidate ({@code min}, {@code max}, {@code minLow}) or a comparison ({@code against} with {@code minDelta} or {@code maxDrop}). */
public record GateRule(
        @Nullable String name,
        @Nullable String metric,
        @Nullable String min,
        @Nullable String max,
        @Nullable String minLow,
        @Nullable Baseline against,
        @Nullable String minDelta,
        @Nullable String maxDrop) {}
