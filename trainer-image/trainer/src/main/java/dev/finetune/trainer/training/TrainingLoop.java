package dev.finetune.trainer.training;

import dev.finetune.api.run.Progress;
import dev.finetune.trainer.engine.OptimizerStep;
import dev.finetune.trainer.engine.Parameter;
import dev.finetune.trainer.engine.Weights;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;

/** The one loop: epochs of optimizer steps, a validation after each, checkpoints in between. */
final class TrainingLoop {
    private final Settings settings;
    private final Learner learner;
    private final BatchPlan plan;
    private final Schedule schedule;
    private final Validation validation;
    private final StopSignal stop;

    /** What decides how training runs, beside the model and the data. */
    record Settings(
            ResolvedHyperparameters numbers,
            SelectionRule selection,
            String trainingDigest,
            MicroBatch microBatch,
            Hardware hardware,
            int checkpointSeconds) {}

    /** Where training ended and why; the learner then holds the best weights. */
    record Result(Position end, String stoppedBecause, boolean exactResume) {}

    TrainingLoop(Settings settings, Learner learner, Objective objective, StopSignal stop) {
        this.settings = settings;
        this.learner = learner;
        this.stop = stop;
        ResolvedHyperparameters numbers = settings.numbers();
        int[] lengths = learner.train().lengths();
        this.plan = new BatchPlan(
                lengths, objective.epochs(lengths.length, numbers.seed()), numbers.examplesPerStep(), numbers.seed());
        this.schedule = Schedule.of(numbers, totalSteps());
        this.validation = new Validation(learner, objective, settings.selection());
    }

    /** Optimizer steps of all epochs. */
    long totalSteps() {
        return Math.multiplyExact(
                (long) plan.stepsPerEpoch(), settings.numbers().epochs());
    }

    /** Goes on from the newest checkpoint, or starts. */
    Result run(CheckpointStore store, Consumer<Progress> progress) {
        Optional<CheckpointStore.Checkpoint> found = store.newest();
        ResolvedHyperparameters numbers = settings.numbers();
        try (OptimizerStep optimizer =
                new OptimizerStep(learner.engine(), numbers.optimizer(), numbers.weightDecay())) {
            found.ifPresent(c -> restore(c, optimizer));
            boolean exact = found.map(c -> c.state().exactResume()
                            && c.state().microBatch().equals(settings.microBatch())
                            && c.state().hardware().equals(settings.hardware()))
                    .orElse(true);
            Position start = found.map(c -> c.state().position())
                    .orElseGet(() -> Position.start(settings.selection().start(), History.start(totalSteps())));
            try (CheckpointWriter writer = new CheckpointWriter(
                    store, learner, optimizer, found.map(c -> c.state().best()).orElse(null))) {
                StepRunner steps =
                        new StepRunner(learner, plan, settings.microBatch(), schedule, numbers, optimizer, stop);
                ProgressTicker ticker = new ProgressTicker(progress, System::nanoTime, totalSteps(), start.step());
                Position end = new Epochs(
                                new Epochs.Plan(settings, learner, plan, validation, exact),
                                steps,
                                writer,
                                ticker,
                                stop)
                        .from(start);
                CheckpointState.BestWeights best = writer.best();
                if (best != null) {
                    assign(store.path(best));
                }
                boolean all = end.epoch() == numbers.epochs();
                return new Result(end, all ? "AllEpochsDone" : "EarlyStopping", exact);
            }
        }
    }

    private void restore(CheckpointStore.Checkpoint checkpoint, OptimizerStep optimizer) {
        assign(checkpoint.folder().resolve(CheckpointWriter.WEIGHTS));
        if (checkpoint.state().position().step() > 0) {
            // Before the first step there are no moments, and a file without tensors counts as damaged.
            optimizer.restore(
                    Weights.ofFile(checkpoint.folder().resolve(CheckpointWriter.MOMENTS)), learner.parameters());
        }
    }

    private void assign(Path weights) {
        Parameter.assign(learner.engine(), learner.state(), Weights.ofFile(weights));
    }
}
