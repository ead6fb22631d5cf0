package dev.finetune.trainer.training;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** How a run went: {@code run/history.json}, and part of every checkpoint, so that a resumed run's curves are whole. */
public record History(int stride, List<Steps> steps, List<Epoch> epochs, StepTime time, long tokens, long padding) {
    private static final int POINTS = 500;

    /** Means over the {@code stride} optimizer steps that end before {@code step}. */
    public record Steps(long step, double loss, double learningRate, double gradientNorm) {}

    /** One validation; {@code trainLoss} is the mean over the epoch's steps as they were taken. */
    public record Epoch(int epoch, long step, double trainLoss, Map<String, Double> validation, double seconds) {}

    /** Where the seconds went, summed over all steps. */
    public record StepTime(double data, double forward, double backward, double optimizer, double checkpoint) {
        /** Of no step. */
        static final StepTime NONE = new StepTime(0, 0, 0, 0, 0);

        /** How much of the steps was waiting for data; saving checkpoints is between them. */
        public double dataShare() {
            double steps = data + forward + backward + optimizer;
            return steps > 0 ? data / steps : 0;
        }

        StepTime plus(StepTime more) {
            return new StepTime(
                    data + more.data,
                    forward + more.forward,
                    backward + more.backward,
                    optimizer + more.optimizer,
                    checkpoint + more.checkpoint);
        }
    }

    /** Of a run of that many steps, before the first. At most about {@value #POINTS} points are kept. */
    static History start(long totalSteps) {
        return new History(
                (int) Math.max(1, Math.ceilDiv(totalSteps, POINTS)), List.of(), List.of(), StepTime.NONE, 0, 0);
    }

    /** Padding tokens over all tokens computed. */
    public double paddingShare() {
        return tokens + padding == 0 ? 0 : (double) padding / (tokens + padding);
    }

    History with(Steps point) {
        return new History(stride, append(steps, point), epochs, time, tokens, padding);
    }

    History with(Epoch epoch) {
        return new History(stride, steps, append(epochs, epoch), time, tokens, padding);
    }

    History with(StepTime more, long moreTokens, long morePadding) {
        return new History(stride, steps, epochs, time.plus(more), tokens + moreTokens, padding + morePadding);
    }

    private static <T> List<T> append(List<T> list, T more) {
        List<T> longer = new ArrayList<>(list);
        longer.add(more);
        return List.copyOf(longer);
    }
}
