package dev.finetune.api;

import org.jspecify.annotations.Nullable;

/** A published artefact and the digest it must have. */
public record ArtifactReference(
        @Nullable String storageUri,
        @Nullable SecretReference secretRef,
        @Nullable String digest) {
    /** One that is read without credentials. */
    public ArtifactReference(@Nullable String storageUri, @Nullable String digest) {
        this(storageUri, null, digest);
    }
}
