package dev.finetune.api;

import org.jspecify.annotations.Nullable;

/** How one server pod answers. */
public record ServerSettings(
        @Nullable Batching batching,
        @Nullable Integer maxConcurrency,
        @Nullable Integer timeoutSeconds,
        @Nullable Integer drainSeconds) {}
