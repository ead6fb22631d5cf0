package dev.finetune.api;

import org.jspecify.annotations.Nullable;

/** A digest that evidence spoke against. */
public record RejectedVersion(
        @Nullable String digest,
        @Nullable String reason,
        @Nullable String message,
        @Nullable String time) {}
