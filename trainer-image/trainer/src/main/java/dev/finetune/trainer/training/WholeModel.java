package dev.finetune.trainer.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.finetune.trainer.engine.Parameter;
import dev.finetune.trainer.engine.TorchEngine;
import dev.finetune.trainer.model.SequenceClassifier;
import dev.finetune.trainer.model.TokenBatch;
import dev.finetune.trainer.model.Tokens;
import java.util.Arrays;
import java.util.List;

/** Strategy Full: every weight learns, from token ids. */
record WholeModel(SequenceClassifier model, Objective objective, EncodedExamples train, EncodedExamples validation)
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
    public NDArray loss(NDManager scope, int[] examples, double divisor) {
        NDArray logits = model.logits(batch(scope, train, examples), true);
        return objective.loss(logits, examples, divisor);
    }

    @Override
    public NDArray validationOutputs(NDManager scope, int[] examples) {
        return model.logits(batch(scope, validation, examples), false);
    }

    private TokenBatch batch(NDManager scope, EncodedExamples split, int[] examples) {
        List<Tokens> inputs =
                Arrays.stream(examples).mapToObj(split.tokens()::get).toList();
        return TokenBatch.of(scope, inputs, model.padId());
    }
}
