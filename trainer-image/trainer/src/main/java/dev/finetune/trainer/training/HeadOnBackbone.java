package dev.finetune.trainer.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.finetune.trainer.model.Network;
import java.util.List;

/**
 * Strategy FeatureExtraction where the head takes more than a vector: one for each word, or the whole last map. The frozen backbone computes it anew each time,
 * as when it is served (no dropout, the statistics that it has), because that of all examples would not fit into memory.
 */
record HeadOnBackbone<B>(Network<B> model, Objective objective, TimedInputs<B> train, ModelInputs<B> validation)
        implements Learner {
    @Override
    public void ahead(int epoch, List<int[]> steps) {
        train.ahead(epoch, steps);
    }

    @Override
    public double waited() {
        return train.waited();
    }

    @Override
    public NDArray loss(NDManager scope, int[] examples, double divisor) {
        NDArray logits = model.logitsFromHeadInput(model.headInput(train.batch(scope, examples)), true);
        return objective.loss(logits, examples, divisor);
    }

    @Override
    public NDArray validationOutputs(NDManager scope, int[] examples) {
        return model.logits(validation.batch(scope, examples), false);
    }
}
