package dev.finetune.api;

import org.jspecify.annotations.Nullable;

/** Why the job failed, and what to change. */
public record Failure(
        @com.fasterxml.jackson.annotation.JsonProperty("class") @Nullable
        FailureClass type,

        @Nullable String message,
        @Nullable String advice,
        @Nullable String stage,
        @Nullable Integer exitCode,
        @Nullable String logTail) {}
