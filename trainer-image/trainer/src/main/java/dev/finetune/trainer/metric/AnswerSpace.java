package dev.finetune.trainer.metric;

import dev.finetune.api.Answer;
import dev.finetune.api.FailureClass;
import dev.finetune.api.Metric;
import dev.finetune.api.run.StageException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What the answers to the data can be: the labels, the positive one of two where a spec names it, sets of labels, tags of words, or numbers; and with it the metrics
 * that exist.
 *
 * @param labels of numbers it is the one name that the answer goes by
 */
public record AnswerSpace(Answer answer, List<String> labels, Optional<String> positive) {
    private static final int SHOWN = 20;

    /**
     * The labels with the spec's positive one.
     *
     * @throws StageException InvalidSpec where the positive label is not one of exactly two
     */
    public static AnswerSpace of(Answer answer, List<String> labels, @Nullable String positiveLabel) {
        AnswerSpace set = new AnswerSpace(answer, List.copyOf(labels), Optional.ofNullable(positiveLabel));
        if (positiveLabel != null
                && (answer != Answer.Label || labels.size() != 2 || !labels.contains(positiveLabel))) {
            throw set.notPositive("'" + positiveLabel + "'");
        }
        return set;
    }

    /**
     * The metric that a field names.
     *
     * @throws StageException InvalidSpec where there is none of that name, or not for these labels
     */
    public Metric metric(String field, String name) {
        Metric metric = Metric.of(name).orElseThrow(() -> invalid(field, "one of " + known(), name));
        if (!metric.measures(answer)) {
            throw invalid(field, "a metric of " + words() + ", one of " + known(), name);
        }
        if (answer == Answer.Label && !metric.definedFor(labels.size())) {
            throw invalid(field, "a metric for " + labels.size() + " labels, such as " + name + "Macro", name);
        }
        if (answer == Answer.Label && metric.needsPositiveLabel(labels.size()) && positive.isEmpty()) {
            throw invalid(
                    "spec.evaluation.positiveLabel",
                    "one of " + this + " for " + name + " of " + field,
                    "none: set it, or choose another metric");
        }
        return metric;
    }

    /** The metric that a field names, which must be one number to choose by. */
    public Metric primary(String field, String name) {
        Metric metric = metric(field, name);
        if (!metric.mayBePrimary()) {
            throw invalid(field, "a metric that is one number to choose by, such as " + Metric.primaryOf(answer), name);
        }
        return metric;
    }

    /** The metrics of such answers. */
    public List<Metric> known() {
        return Stream.of(Metric.values()).filter(m -> m.measures(answer)).toList();
    }

    private String words() {
        return switch (answer) {
            case Label -> "labels";
            case Labels -> "sets of labels";
            case Tags -> "tags";
            case Number -> "numbers";
        };
    }

    /** The index of the positive label, -1 where none is named. */
    public int positiveIndex() {
        return positive.map(labels::indexOf).orElse(-1);
    }

    private StageException notPositive(String got) {
        String field = "spec.evaluation.positiveLabel";
        if (answer != Answer.Label) {
            return invalid(field, "absent where " + words() + " are learned", got + ": remove it");
        }
        return labels.size() == 2
                ? invalid(field, "one of the labels of the data, " + this, got)
                : invalid(
                        field,
                        "absent for data with %d labels (%s)".formatted(labels.size(), this),
                        got + ": it is for two; remove it and judge by f1Macro or by class");
    }

    private static StageException invalid(String field, String expected, String got) {
        return new StageException(
                FailureClass.InvalidSpec, "expected " + field + " to be " + expected + ", got " + got);
    }

    /** The labels as messages show them. */
    @Override
    public String toString() {
        String shown = labels.stream().limit(SHOWN).map(l -> "'" + l + "'").collect(Collectors.joining(", "));
        return labels.size() > SHOWN ? shown + " and " + (labels.size() - SHOWN) + " more" : shown;
    }
}
