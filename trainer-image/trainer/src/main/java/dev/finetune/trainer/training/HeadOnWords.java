package dev.finetune.trainer.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.finetune.trainer.engine.Parameter;
import dev.finetune.trainer.engine.TorchEngine;
import dev.finetune.trainer.model.SequenceClassifier;
import dev.finetune.trainer.model.TokenBatch;
import java.util.Arrays;
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
        NDArray logits = model.logitsFromHeadInput(model.headInput(batch(scope, train, examples)), true);
        return objective.loss(logits, examples, divisor);
    }

    @Override
    public NDArray validationOutputs(NDManager scope, int[] examples) {
        return model.logits(batch(scope, validation, examples), false);
    }

    private TokenBatch batch(NDManager scope, EncodedExamples split, int[] examples) {
        return TokenBatch.of(
                scope, Arrays.stream(examples).mapToObj(split.tokens()::get).toList(), model.padId());
    }
}
