package dev.finetune.api;

import org.jspecify.annotations.Nullable;

/** A condition as Kubernetes defines it; times are RFC 3339 in UTC with seconds. */
public record Condition(
        String type,
        String status,
        String reason,
        String message,
        @Nullable Long observedGeneration,
        @Nullable String lastTransitionTime) {}
