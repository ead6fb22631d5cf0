package dev.finetune.operator.job;

import dev.finetune.api.FineTuneJobSpec;
import dev.finetune.api.Hyperparameters;
import dev.finetune.api.OnOutOfMemory;
import dev.finetune.api.ResolvedSettings;
import dev.finetune.api.run.Stage;
import java.util.Objects;
import java.util.Optional;

/** How many examples train takes at once. The optimizer step stays {@code batchSize}; only its parts get smaller. */
final class MicroBatch {
    private static final int DEFAULT_BATCH = 32;

    private MicroBatch() {}

    /** The next smaller size after memory ran out; empty where the job is to fail. */
    static Optional<Integer> next(FineTuneJobSpec spec, ResolvedSettings resolved, Stage stage) {
        boolean reduce = stage == Stage.train
                && (spec.training() == null || spec.training().onOutOfMemory() != OnOutOfMemory.Fail);
        int current = Objects.requireNonNullElseGet(resolved.microBatchSize(), () -> batchSize(spec));
        return reduce && current > 1 ? Optional.of(current / 2) : Optional.empty();
    }

    private static int batchSize(FineTuneJobSpec spec) {
        Hyperparameters numbers =
                spec.training() == null ? null : spec.training().hyperparameters();
        return numbers == null || numbers.batchSize() == null ? DEFAULT_BATCH : numbers.batchSize();
    }
}
