package dev.finetune.api;

import org.jspecify.annotations.Nullable;

/** A published artefact and the digest it must have. */
public record ArtifactReference(
        @Nullable String storageUri, @Nullable String digest) {}
