package dev.finetune.api;

import org.jspecify.annotations.Nullable;

/** What a data check found. */
public record Finding(
        @Nullable String check,
        @Nullable CheckAction action,
        @Nullable Long count,
        @Nullable String message) {}
