package dev.finetune.api;

import org.jspecify.annotations.Nullable;

/** A FineTuneJob of the same namespace. */
public record JobReference(@Nullable String name) {}
