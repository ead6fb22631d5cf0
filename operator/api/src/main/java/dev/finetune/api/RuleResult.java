package dev.finetune.api;

import org.jspecify.annotations.Nullable;

/** The verdict of one gate rule. */
public record RuleResult(
        @Nullable String name,
        @Nullable Verdict verdict,
        @Nullable String message) {}
