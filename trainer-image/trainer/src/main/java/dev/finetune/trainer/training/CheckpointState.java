package dev.finetune.trainer.training;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * {@code state.json} of a checkpoint: where training stood after {@code step} optimizer steps, {@code stepInEpoch} of them in
 * {@code epoch} (from 0). {@code best} names the weights in {@code run/best}; {@code files} are the digests of the files beside it.
 */
record CheckpointState(
        int version,
        String trainingDigest,
        long step,
        int epoch,
        int stepInEpoch,
        double epochLoss,
        double epochSeconds,
        Selection selection,
        @Nullable BestWeights best,
        int microBatch,
        Hardware hardware,
        boolean exactResume,
        History history,
        Map<String, String> files) {
    /** The version this code writes and understands. */
    static final int VERSION = 1;

    /** A file of {@code run/best} and its digest. */
    record BestWeights(String file, String digest) {}

    CheckpointState withFiles(Map<String, String> digests) {
        return new CheckpointState(
                version,
                trainingDigest,
                step,
                epoch,
                stepInEpoch,
                epochLoss,
                epochSeconds,
                selection,
                best,
                microBatch,
                hardware,
                exactResume,
                history,
                digests);
    }
}
