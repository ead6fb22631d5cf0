package dev.finetune.trainer.training;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/** One run through the epochs, from wherever the last one stopped; checkpoints by the clock and when asked to stop. */
final class Epochs {
    private final Plan plan;
    private final StepRunner steps;
    private final CheckpointWriter writer;
    private final ProgressTicker ticker;
    private final StopSignal stop;
    private final Strides strides = new Strides();
    private long savedAt = System.nanoTime();

    /** What there is to do. */
    record Plan(
            TrainingLoop.Settings settings,
            Learner learner,
            BatchPlan batches,
            Validation validation,
            boolean exactResume) {}

    Epochs(Plan plan, StepRunner steps, CheckpointWriter writer, ProgressTicker ticker, StopSignal stop) {
        this.plan = plan;
        this.steps = steps;
        this.writer = writer;
        this.ticker = ticker;
        this.stop = stop;
    }

    /** Trains until all epochs are done or patience is used up; throws {@link Stopped} when it was asked to stop. */
    Position from(Position start) {
        Position at = start;
        while (at.epoch() < plan.settings().numbers().epochs()
                && !at.selection().exhausted()) {
            List<int[]> order = plan.batches().epoch(at.epoch());
            plan.learner().ahead(at.epoch(), order.subList(at.stepInEpoch(), order.size()));
            while (at.stepInEpoch() < order.size()) {
                at = step(savedIfDue(at), order.get(at.stepInEpoch()));
            }
            if (stop.requested()) {
                throw stopped(at);
            }
            at = validated(at, order);
        }
        return at;
    }

    private Position step(Position at, int[] examples) {
        if (stop.requested()) {
            throw stopped(at);
        }
        long start = System.nanoTime();
        Optional<StepRunner.Outcome> outcome = steps.run(at.step(), examples);
        if (outcome.isEmpty()) {
            throw stopped(at);
        }
        StepRunner.Outcome done = outcome.get();
        double seconds = (System.nanoTime() - start) / 1e9;
        History history = at.history().with(done.time(), done.tokens(), done.padding());
        Position after = at.afterStep(
                done.loss() * plan.learner().divisor(examples), seconds, strides.add(history, at.step() + 1, done));
        ticker.tick(after.step(), after.epoch(), done.loss(), done.learningRate());
        return after;
    }

    private Position validated(Position at, List<int[]> order) {
        Map<String, Double> values = plan.validation().run();
        double observed = values.getOrDefault(plan.settings().selection().metric(), Double.NaN);
        Selection selection = at.selection().after(at.step(), at.epoch(), observed);
        if (selection.isBest(at.step())) {
            writer.saveBest(at.step());
        }
        double trainLoss = at.epochLoss()
                / plan.learner()
                        .divisor(order.stream().flatMapToInt(IntStream::of).toArray());
        History history =
                at.history().with(new History.Epoch(at.epoch() + 1, at.step(), trainLoss, values, at.epochSeconds()));
        return at.afterEpoch(selection, history);
    }

    private Position savedIfDue(Position at) {
        long start = System.nanoTime();
        if (start - savedAt < plan.settings().checkpointSeconds() * 1_000_000_000L) {
            return at;
        }
        writer.save(state(at));
        savedAt = System.nanoTime();
        return at.with(at.history().with(new History.StepTime(0, 0, 0, 0, (savedAt - start) / 1e9), 0, 0));
    }

    private Stopped stopped(Position at) {
        writer.save(state(at));
        writer.flush();
        return new Stopped(at.step());
    }

    private CheckpointState state(Position at) {
        return new CheckpointState(
                CheckpointState.VERSION,
                plan.settings().trainingDigest(),
                at,
                null,
                plan.settings().microBatch(),
                plan.settings().hardware(),
                plan.exactResume(),
                Map.of());
    }

    /** Means over the steps between two points of the curves. */
    private static final class Strides {
        private double loss;
        private double norm;
        private int steps;

        History add(History history, long step, StepRunner.Outcome done) {
            loss += done.loss();
            norm += done.gradientNorm();
            steps++;
            if (step % history.stride() != 0) {
                return history;
            }
            History longer = history.with(new History.Steps(step, loss / steps, done.learningRate(), norm / steps));
            loss = 0;
            norm = 0;
            steps = 0;
            return longer;
        }
    }
}
