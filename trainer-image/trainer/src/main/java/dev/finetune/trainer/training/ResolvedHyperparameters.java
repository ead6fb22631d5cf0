package dev.finetune.trainer.training;

import dev.finetune.api.FailureClass;
import dev.finetune.api.Hyperparameters;
import dev.finetune.api.Optimizer;
import dev.finetune.api.Scheduler;
import dev.finetune.api.StrategyType;
import dev.finetune.api.TrainingSpec;
import dev.finetune.api.run.StageException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The numbers of a run after the defaults, which are those of Hugging Face's {@code TrainingArguments} but for three: batchSize 32
 * (there 8: too small to be quick), weightDecay 0.01 (there 0; 0.01 is what its guides and PyTorch's AdamW use) and the learning
 * rate of FeatureExtraction, 1e-3 (5e-5 does not move a fresh head). Dropout absent means the base model's own rates.
 */
public record ResolvedHyperparameters(
        StrategyType strategy,
        int epochs,
        int batchSize,
        int gradientAccumulationSteps,
        double learningRate,
        Optimizer optimizer,
        Scheduler scheduler,
        double warmupRatio,
        double weightDecay,
        double labelSmoothing,
        @Nullable Double dropout,
        double maxGradNorm,
        long seed) {

    private static final Hyperparameters NONE =
            new Hyperparameters(null, null, null, null, null, null, null, null, null, null, null, null);

    /** The spec's numbers with the defaults filled in; a number out of range is refused with its field path. */
    public static ResolvedHyperparameters of(@Nullable TrainingSpec training) {
        Optional<TrainingSpec> spec = Optional.ofNullable(training);
        StrategyType strategy =
                spec.map(TrainingSpec::strategy).map(s -> s.type()).orElse(StrategyType.Full);
        Hyperparameters given = spec.map(TrainingSpec::hyperparameters).orElse(NONE);
        double rate = strategy == StrategyType.FeatureExtraction ? 1e-3 : 5e-5;
        return new ResolvedHyperparameters(
                strategy,
                count("epochs", given.epochs(), 3),
                count("batchSize", given.batchSize(), 32),
                count("gradientAccumulationSteps", given.gradientAccumulationSteps(), 1),
                decimal("learningRate", given.learningRate(), rate, Double.MIN_VALUE, Double.MAX_VALUE),
                Optional.ofNullable(given.optimizer()).orElse(Optimizer.AdamW),
                Optional.ofNullable(given.scheduler()).orElse(Scheduler.Linear),
                decimal("warmupRatio", given.warmupRatio(), 0, 0, 1),
                decimal("weightDecay", given.weightDecay(), 0.01, 0, Double.MAX_VALUE),
                decimal("labelSmoothing", given.labelSmoothing(), 0, 0, 0.999),
                given.dropout() == null ? null : decimal("dropout", given.dropout(), 0, 0, 0.999),
                decimal("maxGradNorm", given.maxGradNorm(), 1, Double.MIN_VALUE, Double.MAX_VALUE),
                Optional.ofNullable(given.seed()).orElse(42L));
    }

    /** Examples of every optimizer step. */
    public int examplesPerStep() {
        return Math.multiplyExact(batchSize, gradientAccumulationSteps);
    }

    private static int count(String field, @Nullable Integer given, int absent) {
        if (given != null && given < 1) {
            throw invalid(field, "a whole number of at least 1", given.toString());
        }
        return given == null ? absent : given;
    }

    private static double decimal(String field, @Nullable String given, double absent, double min, double max) {
        if (given == null) {
            return absent;
        }
        try {
            double value = Double.parseDouble(given);
            if (value >= min && value <= max) {
                return value;
            }
        } catch (NumberFormatException e) {
            // Falls through to the one message.
        }
        String low = min == Double.MIN_VALUE ? "above 0" : "from " + min;
        String high = max == Double.MAX_VALUE ? "" : " up to " + max;
        throw invalid(field, "a decimal number " + low + high, '"' + given + '"');
    }

    private static StageException invalid(String field, String expected, String got) {
        return new StageException(
                FailureClass.InvalidSpec,
                "spec.training.hyperparameters." + field + ": expected " + expected + ", got " + got + "; correct it");
    }
}
