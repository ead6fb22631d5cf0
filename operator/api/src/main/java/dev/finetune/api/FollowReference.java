package dev.finetune.api;

import org.jspecify.annotations.Nullable;

/** A model name to follow. */
public record FollowReference(@Nullable String modelName) {}
