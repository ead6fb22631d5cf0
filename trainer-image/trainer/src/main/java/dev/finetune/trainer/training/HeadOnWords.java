package dev.finetune.trainer.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.finetune.trainer.engine.Parameter;
import dev.finetune.trainer.engine.TorchEngine;
import dev.finetune.trainer.model.SequenceClassifier;
import java.util.List;

/**
 * Strategy FeatureExtraction where words are tagged: the head learns from what the frozen backbone makes of each word, without dropout. That is computed anew
 * each time, because the features of all words of a data set would not fit into memory.
 */
record HeadOnWords(SequenceClassifier model, Objective objective, EncodedExamples train, EncodedExamples validation)
        implements Learner {
    @Override
    public TorchEngine engine() {
        return model.engine();
    }

    @Override
    public List<Parameter> parameters() {
        return model.trainableParameters();
    }

    @Override
    public double divisor(int[] examples) {
        return objective.divisor(examples);
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
