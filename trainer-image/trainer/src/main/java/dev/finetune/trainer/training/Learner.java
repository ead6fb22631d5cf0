package dev.finetune.trainer.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.finetune.trainer.engine.Parameter;
import dev.finetune.trainer.engine.TorchEngine;
import dev.finetune.trainer.model.Network;
import java.util.List;

/** A model as the training loop sees it: parameters that learn, and a loss for some of the training examples. */
interface Learner {
    /** What learns, or a part of it. */
    Network<?> model();

    /** What it learns to answer. */
    Objective objective();

    /** What computes. */
    default TorchEngine engine() {
        return model().engine();
    }

    /** The parameters that learn. */
    default List<Parameter> parameters() {
        return model().trainableParameters();
    }

    /** What a checkpoint keeps of the model: the parameters that learn, and the statistics that move with them. */
    default List<Parameter> state() {
        return parameters();
    }

    /** Says which steps of an epoch come next, so that their inputs can be made ready meanwhile. */
    default void ahead(int epoch, List<int[]> steps) {}

    /** Says which optimizer step the next losses are parts of, and all of its examples. */
    default void begin(long step, int[] examples) {}

    /** Seconds that inputs had to be waited for, since this was asked last. */
    default double waited() {
        return 0;
    }

    /** The training examples. */
    ModelInputs<?> train();

    /** The validation examples. */
    ModelInputs<?> validation();

    /** What a step over these training examples is divided by, so that its loss is a mean: mostly how many they are. */
    default double divisor(int[] examples) {
        return objective().divisor(examples);
    }

    /** The sum of these training examples' losses over the divisor: a recorded scalar in the scope, dropout on. */
    NDArray loss(NDManager scope, int[] examples, double divisor);

    /** Raw outputs for these validation examples, {@code [examples, outputs]} in the scope, of words one row each; dropout off. */
    NDArray validationOutputs(NDManager scope, int[] examples);
}
