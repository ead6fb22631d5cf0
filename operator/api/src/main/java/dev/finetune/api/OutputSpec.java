package dev.finetune.api;

import org.jspecify.annotations.Nullable;

/** The name the model is published under, and where. */
public record OutputSpec(
        @Nullable String modelName, @Nullable String storageUri) {}
