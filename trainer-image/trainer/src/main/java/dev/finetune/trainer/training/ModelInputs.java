package dev.finetune.trainer.training;

import ai.djl.ndarray.NDManager;
import java.util.List;
import java.util.Optional;

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

    /** These inputs as a batch in the scope; one may come several times. */
    B batch(NDManager scope, int[] examples);

    /** Says which batches of an epoch will be asked for next, in this order, so that they can be made ready meanwhile. */
    default void ahead(int epoch, List<int[]> batches) {}

    /** Says which optimizer step the next batches are parts of, and all of its examples. */
    default void begin(long step, int[] examples) {}

    /** How the inputs of the last batch were mixed with others; nothing where they were not. */
    default Optional<Mixed> mixed() {
        return Optional.empty();
    }
}
