package dev.finetune.api;

import org.jspecify.annotations.Nullable;

/** One file of data. */
public record DataSource(@Nullable String storageUri) {}
