package dev.finetune.api;

import org.jspecify.annotations.Nullable;

/** Where text and label stand: a column name, or a zero-based number where there is no header. */
public record Columns(@Nullable String text, @Nullable String label) {}
