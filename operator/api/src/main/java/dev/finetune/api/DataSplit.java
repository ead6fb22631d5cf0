package dev.finetune.api;

import org.jspecify.annotations.Nullable;

/** A split: a file of its own, or a fraction of the rows. Exactly one is set. */
public record DataSplit(
        @Nullable String storageUri, @Nullable String fraction) {}
