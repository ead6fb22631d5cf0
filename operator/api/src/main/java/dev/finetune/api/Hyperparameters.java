package dev.finetune.api;

import org.jspecify.annotations.Nullable;

/** The numbers of a training run; decimals are strings, as everywhere in the API. */
public record Hyperparameters(
        @Nullable Integer epochs,
        @Nullable Integer batchSize,
        @Nullable String learningRate,
        @Nullable Optimizer optimizer,
        @Nullable Scheduler scheduler,
        @Nullable String warmupRatio,
        @Nullable String weightDecay,
        @Nullable String labelSmoothing,
        @Nullable String dropout,
        @Nullable String maxGradNorm,
        @Nullable Integer gradientAccumulationSteps,
        @Nullable Long seed) {}
