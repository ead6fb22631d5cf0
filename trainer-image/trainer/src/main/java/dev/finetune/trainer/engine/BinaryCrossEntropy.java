package dev.finetune.trainer.engine;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;

/**
 * The loss of a micro-batch where an example may have several labels: the sum of the binary cross-entropies of all its examples and labels,
 * divided by the whole step's divisor, so that the gradients of micro-batches add up to those of the step.
 */
public record BinaryCrossEntropy(TorchEngine engine) {
    /**
     * The scalar loss of logits {@code [rows, labels]}, in their scope; recorded for {@link Gradients} if {@code training}.
     *
     * @param targets 1 for a label that the row has, else 0, row after row: {@code rows x labels}
     * @param divisor examples times labels of the whole step
     */
    public NDArray of(NDArray logits, float[] targets, double divisor, boolean training) {
        NDManager scope = logits.getManager();
        NDArray expected = scope.create(targets, logits.getShape());
        return engine.kernels().run(scope, training, "binary_cross_entropy", logits, expected, divisor);
    }
}
