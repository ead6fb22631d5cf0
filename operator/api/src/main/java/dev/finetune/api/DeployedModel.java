package dev.finetune.api;

import org.jspecify.annotations.Nullable;

/** A model that served when the job was planned. */
public record DeployedModel(
        @Nullable String digest,
        @Nullable String storageUri,
        @Nullable String deployment) {}
