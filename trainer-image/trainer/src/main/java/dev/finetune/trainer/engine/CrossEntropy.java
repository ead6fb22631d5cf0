package dev.finetune.trainer.engine;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.Optional;

/**
 * The classification loss of a micro-batch: the sum over its examples, divided by the whole step's divisor, so that the gradients of
 * micro-batches add up to those of the step. With class weights the divisor is the sum of the targets' weights, as in PyTorch.
 *
 * @param smoothing label smoothing, 0 for none
 * @param classWeights a weight per class, if classes are weighted
 */
public record CrossEntropy(TorchEngine engine, double smoothing, Optional<List<Float>> classWeights) {
    /** The plain loss, for validation. */
    public static CrossEntropy plain(TorchEngine engine) {
        return new CrossEntropy(engine, 0, Optional.empty());
    }

    /** What a step over these targets is divided by. */
    public double divisor(int[] targets) {
        if (classWeights.isEmpty()) {
            return targets.length;
        }
        double sum = 0;
        for (int target : targets) {
            sum += classWeights.get().get(target);
        }
        return sum;
    }

    /** The scalar loss of logits {@code [rows, classes]}, in their scope; recorded for {@link Gradients} if {@code training}. */
    public NDArray of(NDArray logits, int[] targets, double divisor, boolean training) {
        NDManager scope = logits.getManager();
        long[] classes = new long[targets.length];
        for (int i = 0; i < targets.length; i++) {
            classes[i] = targets[i];
        }
        NDArray labels = scope.create(classes, new Shape(targets.length));
        if (classWeights.isEmpty()) {
            return engine.kernels().run(scope, training, "cross_entropy", logits, labels, smoothing, divisor);
        }
        float[] weights = new float[classWeights.get().size()];
        for (int i = 0; i < weights.length; i++) {
            weights[i] = classWeights.get().get(i);
        }
        return engine.kernels()
                .run(
                        scope,
                        training,
                        "weighted_cross_entropy",
                        logits,
                        labels,
                        scope.create(weights),
                        smoothing,
                        divisor);
    }
}
