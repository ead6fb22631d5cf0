package dev.finetune.api;

import org.jspecify.annotations.Nullable;

/** What a user asks for: a base model, data, how to train and how to judge. */
public record FineTuneJobSpec(
        @Nullable Task task,
        @Nullable Boolean suspend,
        @Nullable String profile,
        @Nullable BaseModelSource model,
        @Nullable DatasetSpec dataset,
        @Nullable TrainingSpec training,
        @Nullable EvaluationSpec evaluation,
        @Nullable OutputSpec output,
        @Nullable Integer activeDeadlineSeconds,
        @Nullable Integer backoffLimit,
        @Nullable Integer ttlSecondsAfterFinished,
        @Nullable PodTemplate podTemplate) {
    /** Whether an input is an image. */
    public boolean ofImages() {
        return task != null && task.ofImages();
    }

    /** Whether an input is two texts. */
    public boolean hasPairs() {
        return dataset != null && dataset.columns() != null && dataset.columns().textPair() != null;
    }

    /** What the model answers with; a label where the task is not said. */
    public Answer answer() {
        return task == null ? Answer.Label : task.answer();
    }
}
