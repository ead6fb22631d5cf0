package dev.finetune.trainer.training;

import dev.finetune.api.Hyperparameters;
import dev.finetune.api.Optimizer;
import dev.finetune.api.Scheduler;
import dev.finetune.api.Strategy;
import dev.finetune.api.StrategyType;
import dev.finetune.api.TrainingSpec;
import org.jspecify.annotations.Nullable;

/** What the tests of this package build again and again. */
final class Fixtures {
    private Fixtures() {}

    static Numbers hyperparameters() {
        return new Numbers();
    }

    /** Hyperparameters of a spec, absent unless set. */
    static final class Numbers {
        private @Nullable StrategyType strategy;
        private @Nullable Integer epochs;
        private @Nullable Integer batchSize;
        private @Nullable Integer accumulation;
        private @Nullable String learningRate;
        private @Nullable Optimizer optimizer;
        private @Nullable Scheduler scheduler;
        private @Nullable String warmupRatio;
        private @Nullable Long seed;

        Numbers strategy(StrategyType value) {
            strategy = value;
            return this;
        }

        Numbers epochs(int value) {
            epochs = value;
            return this;
        }

        Numbers batchSize(int value) {
            batchSize = value;
            return this;
        }

        Numbers accumulation(int value) {
            accumulation = value;
            return this;
        }

        Numbers learningRate(String value) {
            learningRate = value;
            return this;
        }

        Numbers optimizer(Optimizer value) {
            optimizer = value;
            return this;
        }

        Numbers scheduler(Scheduler value) {
            scheduler = value;
            return this;
        }

        Numbers warmupRatio(String value) {
            warmupRatio = value;
            return this;
        }

        Numbers seed(long value) {
            seed = value;
            return this;
        }

        TrainingSpec spec() {
            Hyperparameters numbers = new Hyperparameters(
                    epochs,
                    batchSize,
                    learningRate,
                    optimizer,
                    scheduler,
                    warmupRatio,
                    null,
                    null,
                    null,
                    null,
                    accumulation,
                    seed);
            return new TrainingSpec(new Strategy(strategy), numbers, null, null, null, null);
        }

        ResolvedHyperparameters resolved() {
            return ResolvedHyperparameters.of(spec());
        }
    }
}
