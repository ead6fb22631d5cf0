package dev.finetune.api;

import org.jspecify.annotations.Nullable;

/** How a new version takes over; a union by {@code type}. */
public record DeploymentStrategy(@Nullable DeploymentStrategyType type) {}
