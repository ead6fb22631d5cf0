package dev.finetune.trainer.training;

import com.fasterxml.jackson.databind.JsonNode;
import dev.finetune.api.Imbalance;
import dev.finetune.api.Json;
import dev.finetune.api.Task;
import dev.finetune.api.TextPreprocessing;
import dev.finetune.api.run.Plan;
import org.jspecify.annotations.Nullable;

/**
 * All that determines which weights come out, and nothing else: not stage, run, micro-batch, deadline, storage or profile. A
 * checkpoint with another digest belongs to another training.
 */
record TrainingDigest(
        @Nullable String modelDigest,
        @Nullable String datasetDigest,
        Task task,
        ResolvedHyperparameters hyperparameters,
        TextPreprocessing preprocessing,
        @Nullable JsonNode inputs,
        Imbalance imbalance,
        SelectionRule selection,
        String build) {

    /** {@code sha256:} and 64 hex digits; {@code inputs} says how images are prepared, and how training changes its examples. */
    static String of(
            Plan plan,
            ResolvedHyperparameters hyperparameters,
            TextPreprocessing preprocessing,
            @Nullable JsonNode inputs,
            SelectionRule selection) {
        Task task = plan.spec().task() == null
                ? Task.TextClassification
                : plan.spec().task();
        return Json.digest(new TrainingDigest(
                plan.modelDigest(),
                plan.datasetDigest(),
                task,
                hyperparameters,
                preprocessing,
                inputs,
                ClassBalance.asked(plan.spec()),
                selection,
                plan.build()));
    }
}
