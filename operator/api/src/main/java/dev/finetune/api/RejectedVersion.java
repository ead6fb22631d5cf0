package dev.finetune.api;

import org.jspecify.annotations.Nullable;

/** A digest that evidence spoke against, while the spec had that generation: a later approval of the digest lifts it. */
public record RejectedVersion(
        @Nullable String digest,
        @Nullable String reason,
        @Nullable String message,
        @Nullable String time,
        @Nullable Long observedGeneration) {}
