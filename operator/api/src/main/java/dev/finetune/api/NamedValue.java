package dev.finetune.api;

import org.jspecify.annotations.Nullable;

/** A number by name; the value is a decimal string. */
public record NamedValue(@Nullable String name, @Nullable String value) {}
