package dev.finetune.api;

import org.jspecify.annotations.Nullable;

/** How often a checkpoint is written, and how many are kept. */
public record CheckpointPolicy(
        @Nullable Integer intervalSeconds, @Nullable Integer keep) {}
