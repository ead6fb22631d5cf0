package dev.finetune.trainer.training;

import dev.finetune.api.Json;
import dev.finetune.api.TextPreprocessing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code candidate/training.json}: how the candidate came about. The best epoch's losses show how far train and validation are apart;
 * {@code threshold} is the score from which it gives a label, where an input may have several; {@code imbalance} says in words what was
 * done about labels of unequal frequency, where anything was. Of images
 * {@code image} and {@code batchNorm} say in words how they are prepared and what batch norms, if there are any, learned from; texts alone
 * have preprocessing and a maxLength above 0.
 */
public record TrainingRecord(
        String trainingDigest,
        List<String> labels,
        TextPreprocessing preprocessing,
        int maxLength,
        ResolvedHyperparameters hyperparameters,
        String selectBy,
        double selectedValue,
        long bestStep,
        int bestEpoch,
        double bestTrainLoss,
        double bestValidationLoss,
        @Nullable Double threshold,
        long steps,
        int epochs,
        String stoppedBecause,
        boolean exactResume,
        Hardware hardware,
        @Nullable String image,
        @Nullable String batchNorm,
        @Nullable String imbalance,
        int microBatchSize,
        double paddingShare,
        double secondsPerEpoch,
        List<String> newlyInitialised) {
    /** The file's name in the candidate's folder. */
    public static final String FILE = "training.json";

    /** Reads it from the candidate's folder. */
    public static TrainingRecord read(Path candidate) throws IOException {
        return Json.MAPPER.readValue(Files.readAllBytes(candidate.resolve(FILE)), TrainingRecord.class);
    }
}
