package dev.finetune.trainer.training;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * {@code state.json} of a checkpoint. {@code best} names the weights in {@code run/best}; {@code files} are the digests of the files
 * beside it. Micro-batch and hardware may be others when training goes on; the weights are then not the very same.
 */
record CheckpointState(
        int version,
        String trainingDigest,
        Position position,
        @Nullable BestWeights best,
        MicroBatch microBatch,
        Hardware hardware,
        boolean exactResume,
        Map<String, String> files) {
    /** The version this code writes and understands. */
    static final int VERSION = 1;

    /** A file of {@code run/best} and its digest. */
    record BestWeights(String file, String digest) {}

    CheckpointState with(@Nullable BestWeights newBest) {
        return new CheckpointState(
                version, trainingDigest, position, newBest, microBatch, hardware, exactResume, files);
    }

    CheckpointState with(Map<String, String> digests) {
        return new CheckpointState(version, trainingDigest, position, best, microBatch, hardware, exactResume, digests);
    }
}
