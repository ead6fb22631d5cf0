package dev.finetune.trainer.training;

import dev.finetune.api.NamedValue;
import dev.finetune.api.run.Progress;
import dev.finetune.api.run.Stage;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/** Tells how far training is, at most once per ten seconds; what remains is estimated from the steps of this process. */
final class ProgressTicker {
    private final Consumer<Progress> listener;
    private final LongSupplier nanos;
    private final long totalSteps;
    private final long firstStep;
    private final long start;
    private final Pace pace;

    ProgressTicker(Consumer<Progress> listener, LongSupplier nanos, long totalSteps, long firstStep) {
        this.listener = listener;
        this.nanos = nanos;
        this.totalSteps = totalSteps;
        this.firstStep = firstStep;
        this.start = nanos.getAsLong();
        this.pace = new Pace(nanos);
    }

    /** After that many steps in all, in that epoch (from 0). */
    void tick(long step, int epoch, double loss, double learningRate) {
        if (!pace.isDue() && step < totalSteps) {
            return;
        }
        double perStep = (nanos.getAsLong() - start) / 1e9 / Math.max(1, step - firstStep);
        listener.accept(new Progress(
                Stage.train,
                epoch + 1,
                step,
                totalSteps,
                (int) (100 * step / totalSteps),
                Math.round(perStep * (totalSteps - step)),
                List.of(new NamedValue("loss", decimal(loss)), new NamedValue("learningRate", decimal(learningRate)))));
    }

    private static String decimal(double value) {
        return new BigDecimal(value)
                .round(new MathContext(4))
                .stripTrailingZeros()
                .toString();
    }
}
