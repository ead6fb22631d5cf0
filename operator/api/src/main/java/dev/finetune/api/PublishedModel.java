package dev.finetune.api;

import org.jspecify.annotations.Nullable;

/** The published artefact. */
public record PublishedModel(
        @Nullable String name,
        @Nullable String version,
        @Nullable String digest,
        @Nullable String storageUri,
        @Nullable String parentDigest,
        @Nullable Long sizeBytes) {}
