package dev.finetune.trainer.training;

import ai.djl.ndarray.NDManager;
import java.util.List;

/** The inputs of a split in the form that a network takes, as batches of type {@code B}. */
interface ModelInputs<B> {
    /** Where each example stood, for messages. */
    List<String> ids();

    /** How long each input is: what a batch of them costs, and how much of it only fills up. */
    int[] lengths();

    /** How many there are. */
    default int size() {
        return ids().size();
    }

    /** These inputs as a batch in the scope. */
    B batch(NDManager scope, int[] examples);

    /** Says which batches of an epoch will be asked for next, in this order, so that they can be made ready meanwhile. */
    default void ahead(int epoch, List<int[]> batches) {}
}
