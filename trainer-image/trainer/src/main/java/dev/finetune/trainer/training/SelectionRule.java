package dev.finetune.trainer.training;

import dev.finetune.api.Answer;
import dev.finetune.api.EarlyStopping;
import dev.finetune.api.EvaluationSpec;
import dev.finetune.api.FineTuneJobSpec;
import dev.finetune.api.Metric;
import dev.finetune.api.TrainingSpec;
import dev.finetune.trainer.metric.AnswerSpace;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** How the best validation is chosen and when training gives up: {@code selectBy} absent is the primary metric. */
public record SelectionRule(
        String metric,
        @Nullable String positiveLabel,
        @Nullable Integer patience,
        double minDelta) {
    /** What the spec asks for. */
    public static SelectionRule of(FineTuneJobSpec spec) {
        Optional<TrainingSpec> training = Optional.ofNullable(spec.training());
        Optional<EvaluationSpec> evaluation = Optional.ofNullable(spec.evaluation());
        Optional<EarlyStopping> stopping = training.map(TrainingSpec::earlyStopping);
        return new SelectionRule(
                training.map(TrainingSpec::selectBy)
                        .or(() -> evaluation.map(EvaluationSpec::primaryMetric))
                        .orElse(Metric.primaryOf(spec.answer()).name()),
                evaluation.map(EvaluationSpec::positiveLabel).orElse(null),
                stopping.map(s -> s.patience() == null ? Integer.valueOf(3) : s.patience())
                        .orElse(null),
                stopping.map(EarlyStopping::minDelta).map(Double::parseDouble).orElse(0.0));
    }

    /** Before the first validation. */
    Selection start() {
        boolean higherIsBetter = Metric.of(metric).map(Metric::higherIsBetter).orElse(true);
        return Selection.start(metric, higherIsBetter, patience, minDelta);
    }

    /** Refuses a metric that cannot choose among epochs of models of these labels, before any time is spent. */
    public void check(Answer answer, List<String> labels) {
        AnswerSpace.of(answer, labels, positiveLabel).primary("spec.training.selectBy", metric);
    }
}
