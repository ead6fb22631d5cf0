package dev.finetune.api;

import java.math.BigDecimal;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What {@code spec.training} must hold. */
final class TrainingRules {
    private static final Function<BigDecimal, Boolean> POSITIVE = d -> d.signum() > 0;
    private static final Function<BigDecimal, Boolean> NOT_NEGATIVE = d -> d.signum() >= 0;
    private static final Function<BigDecimal, Boolean> SHARE = d -> d.signum() >= 0 && d.compareTo(BigDecimal.ONE) < 0;

    private TrainingRules() {}

    static void check(
            Field field, @Nullable TrainingSpec training, @Nullable EvaluationSpec evaluation, Answer answer) {
        if (training == null) {
            return;
        }
        if (training.strategy() != null) {
            field.at("strategy.type").required(training.strategy().type());
        }
        hyperparameters(field.at("hyperparameters"), training.hyperparameters(), answer);
        EvaluationRules.primary(
                field.at("selectBy"),
                training.selectBy(),
                evaluation == null ? null : evaluation.positiveLabel(),
                answer);
        EarlyStopping stopping = training.earlyStopping();
        if (stopping != null) {
            if (field.at("earlyStopping.patience").required(stopping.patience())) {
                field.at("earlyStopping.patience").between(stopping.patience(), 1, 10_000);
            }
            field.at("earlyStopping.minDelta").decimal(stopping.minDelta(), NOT_NEGATIVE, "a decimal of at least 0");
        }
        CheckpointPolicy checkpoint = training.checkpoint();
        if (checkpoint != null) {
            field.at("checkpoint.intervalSeconds").between(checkpoint.intervalSeconds(), 1, 86_400);
            field.at("checkpoint.keep").between(checkpoint.keep(), 1, 100);
        }
    }

    private static void hyperparameters(Field field, @Nullable Hyperparameters h, Answer answer) {
        if (h == null) {
            return;
        }
        field.at("epochs").between(h.epochs(), 1, 10_000);
        field.at("batchSize").between(h.batchSize(), 1, 65_536);
        field.at("gradientAccumulationSteps").between(h.gradientAccumulationSteps(), 1, 1024);
        field.at("learningRate").decimal(h.learningRate(), POSITIVE, "a decimal above 0, such as \"5e-5\"");
        field.at("maxGradNorm").decimal(h.maxGradNorm(), POSITIVE, "a decimal above 0, such as \"1\"");
        field.at("weightDecay").decimal(h.weightDecay(), NOT_NEGATIVE, "a decimal of at least 0");
        field.at("warmupRatio").decimal(h.warmupRatio(), SHARE, "a decimal from 0 to below 1");
        field.at("labelSmoothing").decimal(h.labelSmoothing(), SHARE, "a decimal from 0 to below 1");
        field.at("labelSmoothing")
                .that(
                        h.labelSmoothing() == null || answer == Answer.Label || answer == Answer.Tags,
                        EvaluationRules.onlyForOneLabel(answer));
        field.at("dropout").decimal(h.dropout(), SHARE, "a decimal from 0 to below 1");
    }
}
