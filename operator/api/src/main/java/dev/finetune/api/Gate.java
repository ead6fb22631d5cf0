package dev.finetune.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The rules a candidate must pass before it may be rolled out. */
public record Gate(
        @Nullable String confidence,
        @Nullable Integer minTestExamples,
        @Nullable Integer minClassExamples,
        @Nullable List<GateRule> rules) {}
