package dev.finetune.api;

import org.jspecify.annotations.Nullable;

/** The exact McNemar test of candidate against one baseline on the correctness of each example. */
public record McNemar(@Nullable Baseline name, @Nullable String pValue) {}
