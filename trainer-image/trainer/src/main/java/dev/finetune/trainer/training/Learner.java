package dev.finetune.trainer.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.finetune.trainer.engine.Parameter;
import dev.finetune.trainer.engine.TorchEngine;
import java.util.List;

/** A model as the training loop sees it: parameters that learn, and a loss for some of the training examples. */
interface Learner {
    /** What computes. */
    TorchEngine engine();

    /** The parameters that learn. */
    List<Parameter> parameters();

    /** The training examples. */
    EncodedExamples train();

    /** The validation examples. */
    EncodedExamples validation();

    /** The sum of these training examples' losses over the divisor: a recorded scalar in the scope, dropout on. */
    NDArray loss(NDManager scope, int[] examples, double divisor);

    /** Raw outputs for these validation examples, {@code [examples, outputs]} in the scope, dropout off. */
    NDArray validationOutputs(NDManager scope, int[] examples);
}
