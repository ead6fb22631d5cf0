package dev.finetune.api;

import org.jspecify.annotations.Nullable;

/** Batches form only while the engine is busy. */
public record Batching(@Nullable Integer maxBatchSize) {}
