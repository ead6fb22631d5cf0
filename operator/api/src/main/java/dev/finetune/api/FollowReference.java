package dev.finetune.api;

import org.jspecify.annotations.Nullable;

/** A model name to follow, and what its versions are read with. */
public record FollowReference(
        @Nullable String modelName, @Nullable SecretReference secretRef) {}
