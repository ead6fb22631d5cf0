package dev.finetune.trainer.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.finetune.trainer.model.Network;

/** Strategy FeatureExtraction: the head learns from its inputs, which the frozen backbone has computed once. */
record HeadOnFeatures(
        Network<?> model,
        Objective objective,
        ModelInputs<?> train,
        ModelInputs<?> validation,
        float[][] trainFeatures,
        float[][] validationFeatures)
        implements Learner {
    @Override
    public NDArray loss(NDManager scope, int[] examples, double divisor) {
        NDArray logits = model.logitsFromHeadInput(rows(scope, trainFeatures, examples), true);
        return objective.loss(logits, examples, divisor);
    }

    @Override
    public NDArray validationOutputs(NDManager scope, int[] examples) {
        return model.logitsFromHeadInput(rows(scope, validationFeatures, examples), false);
    }

    private static NDArray rows(NDManager scope, float[][] features, int[] examples) {
        int width = features[0].length;
        float[] rows = new float[examples.length * width];
        for (int i = 0; i < examples.length; i++) {
            System.arraycopy(features[examples[i]], 0, rows, i * width, width);
        }
        return scope.create(rows, new Shape(examples.length, width));
    }
}
