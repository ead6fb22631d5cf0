package dev.finetune.api;

import org.jspecify.annotations.Nullable;

/** One source of data, and what it is read with. */
public record DataSource(
        @Nullable String storageUri, @Nullable SecretReference secretRef) {}
