package dev.finetune.trainer.training;

import dev.finetune.api.Scheduler;

/**
 * The learning rate of each optimizer step: a linear warm-up from zero, then the scheduler's curve. Planned on all epochs and never
 * shortened by early stopping. The curves are those of transformers' {@code get_*_schedule_with_warmup}.
 */
record Schedule(Scheduler scheduler, double peak, long totalSteps, long warmupSteps) {
    /** Warm-up takes {@code ceil(warmupRatio x totalSteps)} steps. */
    static Schedule of(ResolvedHyperparameters hyperparameters, long totalSteps) {
        return new Schedule(hyperparameters.scheduler(), hyperparameters.learningRate(), totalSteps, (long)
                Math.ceil(hyperparameters.warmupRatio() * totalSteps));
    }

    /** The rate of the step with that number; the first is 0. */
    double rate(long step) {
        if (step < warmupSteps) {
            return peak * step / warmupSteps;
        }
        double done = (double) (step - warmupSteps) / Math.max(1, totalSteps - warmupSteps);
        return switch (scheduler) {
            case Constant -> peak;
            case Linear -> peak * Math.max(0, 1 - done);
            case Cosine -> peak * Math.max(0, 0.5 * (1 + Math.cos(Math.PI * done)));
        };
    }
}
