package dev.finetune.api;

import org.jspecify.annotations.Nullable;

/** The name the model is published under, and where. */
public record OutputSpec(
        @Nullable String modelName,
        @Nullable String storageUri,
        @Nullable SecretReference secretRef) {
    /** One that is written without credentials. */
    public OutputSpec(@Nullable String modelName, @Nullable String storageUri) {
        this(modelName, storageUri, null);
    }
}
