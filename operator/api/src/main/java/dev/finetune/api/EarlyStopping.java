package dev.finetune.api;

import org.jspecify.annotations.Nullable;

/** Stops when {@code selectBy} has not improved by more than {@code minDelta} for {@code patience} validations. */
public record EarlyStopping(
        @Nullable Integer patience, @Nullable String minDelta) {}
