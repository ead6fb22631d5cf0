package dev.finetune.api;

import org.jspecify.annotations.Nullable;

/** A model that served when the job was planned. */
public record DeployedModel(
        @Nullable String digest,
        @Nullable String storageUri,
        @Nullable String secretName,
        @Nullable String deployment) {
    /** One that is read without credentials. */
    public DeployedModel(@Nullable String digest, @Nullable String storageUri, @Nullable String deployment) {
        this(digest, storageUri, null, deployment);
    }
}
