package dev.finetune.api;

import org.jspecify.annotations.Nullable;

/** Which weights are trained; a union by {@code type}. */
public record Strategy(@Nullable StrategyType type) {}
