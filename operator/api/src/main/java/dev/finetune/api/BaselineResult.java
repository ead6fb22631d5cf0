package dev.finetune.api;

import org.jspecify.annotations.Nullable;

/** A metric of one baseline; {@code delta} is candidate minus baseline with its two-sided paired interval. */
public record BaselineResult(
        @Nullable Baseline name,
        @Nullable String value,
        @Nullable String delta,
        @Nullable String low,
        @Nullable String high) {}
