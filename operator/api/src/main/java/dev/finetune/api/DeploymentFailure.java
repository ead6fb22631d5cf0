package dev.finetune.api;

import org.jspecify.annotations.Nullable;

/** The last thing that went wrong. */
public record DeploymentFailure(
        @Nullable String reason,
        @Nullable String message,
        @Nullable String time) {}
