package dev.finetune.trainer.engine;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;

/**
 * The regression loss of a micro-batch: the sum of its squared errors, divided by the whole step's divisor, so that the gradients of
 * micro-batches add up to those of the step.
 */
public record SquaredError(TorchEngine engine) {
    /** The scalar loss of outputs {@code [rows, 1]}, in their scope; recorded for {@link Gradients} if {@code training}. */
    public NDArray of(NDArray outputs, float[] targets, double divisor, boolean training) {
        NDManager scope = outputs.getManager();
        return engine.kernels().run(scope, training, "squared_error", outputs, scope.create(targets), divisor);
    }
}
