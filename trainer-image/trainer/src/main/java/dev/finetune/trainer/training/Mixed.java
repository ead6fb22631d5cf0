package dev.finetune.trainer.training;

import ai.djl.ndarray.NDArray;
import dev.finetune.trainer.engine.TorchEngine;

/** Training examples that each hold a part of another one: {@code own} is the share of the example itself, {@code others} are the examples beside it. */
record Mixed(double own, int[] others) {
    /**
     * The loss of their outputs. It is linear in the targets, so a target that is shared has the loss of both by these shares; as every example of a
     * step is the other of one, what the step is divided by stays what it is.
     */
    NDArray loss(TorchEngine engine, Objective objective, NDArray outputs, int[] examples, double divisor) {
        if (own == 1) {
            return objective.loss(outputs, examples, divisor);
        }
        if (own == 0) {
            return objective.loss(outputs, others, divisor);
        }
        NDArray first = objective.loss(outputs, examples, divisor / own);
        NDArray second = objective.loss(outputs, others, divisor / (1 - own));
        return engine.kernels().run(outputs.getManager(), true, "sum", first, second);
    }
}
