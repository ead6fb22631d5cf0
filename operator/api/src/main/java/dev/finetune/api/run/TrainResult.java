package dev.finetune.api.run;

import org.jspecify.annotations.Nullable;

/** What train made; {@code dataWaitShare} is how much of the optimizer steps was waiting for their inputs, from 0 to 1. */
public record TrainResult(
        String candidateDigest,
        int epochs,
        long steps,
        long bestStep,
        String selectBy,
        String selectedValue,
        String stoppedBecause,
        boolean exactResume,
        int microBatchSize,
        double secondsPerEpoch,
        double dataWaitShare,
        @Nullable Long peakMemoryBytes) {}
