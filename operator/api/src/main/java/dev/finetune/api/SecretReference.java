package dev.finetune.api;

import org.jspecify.annotations.Nullable;

/** A Secret of the same namespace, read by its well-known keys. */
public record SecretReference(@Nullable String name) {}
