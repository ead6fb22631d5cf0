package dev.finetune.api;

import org.jspecify.annotations.Nullable;

/** Where the model comes from; a union by {@code type}. */
public record ModelReference(
        @Nullable ModelReferenceType type,
        @Nullable FollowReference follow,
        @Nullable JobReference fineTuneJob,
        @Nullable ArtifactReference artifact) {}
