package dev.finetune.trainer.training;

import dev.finetune.api.CheckpointPolicy;
import dev.finetune.api.TrainingSpec;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** {@code spec.training.checkpoint} with its defaults: seconds between two checkpoints, and how many are kept. */
public record SavePolicy(int intervalSeconds, int keep) {
    /** What the spec asks for. */
    public static SavePolicy of(@Nullable TrainingSpec training) {
        CheckpointPolicy given = training == null ? null : training.checkpoint();
        return new SavePolicy(
                Objects.requireNonNullElse(given == null ? null : given.intervalSeconds(), 300),
                Objects.requireNonNullElse(given == null ? null : given.keep(), 2));
    }
}
