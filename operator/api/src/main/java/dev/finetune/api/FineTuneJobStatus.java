package dev.finetune.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the operator found and did. */
public record FineTuneJobStatus(
        @Nullable Long observedGeneration,
        @Nullable List<Condition> conditions,
        @Nullable ResolvedSettings resolved,
        @Nullable String startTime,
        @Nullable String completionTime,
        @Nullable Integer restarts,
        @Nullable Attempts attempts,
        @Nullable TrainingProgress progress,
        @Nullable DatasetStatus dataset,
        @Nullable EvaluationStatus evaluation,
        @Nullable PublishedModel model,
        @Nullable Usage usage,
        @Nullable Failure failure) {}
