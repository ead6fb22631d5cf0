package dev.finetune.api.run;

import org.jspecify.annotations.Nullable;

/** What train made. */
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
        @Nullable Long peakMemoryBytes) {}
