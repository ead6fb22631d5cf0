package dev.finetune.trainer.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.finetune.api.FailureClass;
import dev.finetune.api.run.StageException;
import dev.finetune.trainer.engine.Gradients;
import dev.finetune.trainer.engine.OptimizerStep;
import dev.finetune.trainer.engine.Parameter;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * One optimizer step: micro-batches whose gradients add up to those of the whole step, one clip over all of them, one update. The
 * loss is the sum over the examples divided by their number, or that of their words where each has a loss, whatever the micro-batches are.
 */
final class StepRunner {
    private final Learner learner;
    private final List<Parameter> parameters;
    private final BatchPlan plan;
    private final MicroBatch limit;
    private final Schedule schedule;
    private final ResolvedHyperparameters numbers;
    private final OptimizerStep optimizer;
    private final StopSignal stop;

    /** What one step did. */
    record Outcome(
            double loss, double learningRate, double gradientNorm, History.StepTime time, long tokens, long padding) {}

    StepRunner(
            Learner learner,
            BatchPlan plan,
            MicroBatch limit,
            Schedule schedule,
            ResolvedHyperparameters numbers,
            OptimizerStep optimizer,
            StopSignal stop) {
        this.learner = learner;
        this.parameters = learner.parameters();
        this.plan = plan;
        this.limit = limit;
        this.schedule = schedule;
        this.numbers = numbers;
        this.optimizer = optimizer;
        this.stop = stop;
    }

    /** Takes the step, or changes nothing and gives nothing where it was asked to stop in the middle. */
    Optional<Outcome> run(long step, int[] examples) {
        Timer timer = new Timer();
        List<int[]> microBatches = plan.microBatches(examples, limit);
        learner.begin(step, examples);
        double loss = 0;
        double norm;
        double divisor = learner.divisor(examples);
        double rate = schedule.rate(step);
        Gradients sum = null;
        try {
            for (int micro = 0; micro < microBatches.size(); micro++) {
                if (micro > 0 && stop.requested()) {
                    return Optional.empty();
                }
                learner.engine().seed(Seeds.mix(numbers.seed(), Seeds.MASKS, step, micro));
                try (NDManager scope = learner.engine().newScope()) {
                    NDArray scalar = learner.loss(scope, microBatches.get(micro), divisor);
                    loss += scalar.getFloat();
                    timer.forward();
                    Gradients gradients = Gradients.of(learner.engine(), scalar, parameters);
                    sum = added(sum, gradients);
                    timer.backward();
                }
            }
            norm = sum == null ? 0 : sum.clip(numbers.maxGradNorm());
            refuseDivergence(step, rate, loss, norm, examples);
            if (sum != null) {
                optimizer.apply(sum, rate);
            }
            timer.optimizer();
        } finally {
            if (sum != null) {
                sum.close();
            }
        }
        long padding = microBatches.stream().mapToLong(plan::padding).sum();
        return Optional.of(new Outcome(loss, rate, norm, timer.read(learner.waited()), plan.tokens(examples), padding));
    }

    private static Gradients added(@org.jspecify.annotations.Nullable Gradients sum, Gradients more) {
        if (sum == null) {
            return more;
        }
        try (more) {
            sum.add(more);
        }
        return sum;
    }

    private void refuseDivergence(long step, double rate, double loss, double norm, int[] examples) {
        if (Double.isFinite(loss) && Double.isFinite(norm)) {
            return;
        }
        List<String> ids = Arrays.stream(examples)
                .limit(8)
                .mapToObj(learner.train().ids()::get)
                .toList();
        throw new StageException(
                FailureClass.NumericDivergence,
                "optimizer step %d: expected finite numbers, got loss %s and gradient norm %s at learning rate %s, on %d examples (%s ...); "
                                .formatted(step + 1, loss, norm, rate, examples.length, String.join(", ", ids))
                        + FailureClass.NumericDivergence.advice());
    }

    /** Splits the time of a step. */
    private static final class Timer {
        private long last = System.nanoTime();
        private double forward;
        private double backward;
        private double optimizer;

        void forward() {
            forward += lap();
        }

        void backward() {
            backward += lap();
        }

        void optimizer() {
            optimizer += lap();
        }

        /** Waiting for inputs was a part of the forward pass. */
        History.StepTime read(double waited) {
            return new History.StepTime(waited, Math.max(0, forward - waited), backward, optimizer, 0);
        }

        private double lap() {
            long now = System.nanoTime();
            double seconds = (now - last) / 1e9;
            last = now;
            return seconds;
        }
    }
}
