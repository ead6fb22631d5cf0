package dev.finetune.trainer.training;

import dev.finetune.api.NamedValue;
import dev.finetune.api.run.Progress;
import dev.finetune.api.run.Stage;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/** Tells how far the features of the linear probe are; on a large data set they take minutes, before the first optimizer step. */
final class ProbeProgress {
    private final Consumer<Progress> listener;
    private final Pace pace;
    private final int examples;

    ProbeProgress(Consumer<Progress> listener, LongSupplier nanos, int examples) {
        this.listener = listener;
        this.pace = new Pace(nanos);
        this.examples = examples;
    }

    /** After that many examples. */
    void done(int count) {
        if (pace.isDue()) {
            String percent = Long.toString(100L * count / examples);
            listener.accept(new Progress(
                    Stage.train, null, null, null, 0, null, List.of(new NamedValue("probeFeaturesPercent", percent))));
        }
    }
}
