package dev.finetune.trainer.metric;

import dev.finetune.api.FailureClass;
import dev.finetune.api.Metric;
import dev.finetune.api.run.StageException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The labels of the data, the positive one of two where a spec names it, and with them the metrics that exist. */
public record LabelSet(List<String> labels, Optional<String> positive) {
    private static final int SHOWN = 20;

    /**
     * The labels with the spec's positive one.
     *
     * @throws StageException InvalidSpec where the positive label is not one of exactly two
     */
    public static LabelSet of(List<String> labels, @Nullable String positiveLabel) {
        LabelSet set = new LabelSet(List.copyOf(labels), Optional.ofNullable(positiveLabel));
        if (positiveLabel != null && (labels.size() != 2 || !labels.contains(positiveLabel))) {
            throw invalid(
                    "spec.evaluation.positiveLabel",
                    "one of exactly two labels; the data has " + set,
                    "'" + positiveLabel + "'"
                            + (labels.contains(positiveLabel) ? ": remove it and judge by f1Macro or by class" : ""));
        }
        return set;
    }

    /**
     * The metric that a field names.
     *
     * @throws StageException InvalidSpec where there is none of that name, or not for these labels
     */
    public Metric metric(String field, String name) {
        Metric metric = Metric.of(name).orElseThrow(() -> invalid(field, "one of " + List.of(Metric.values()), name));
        if (!metric.definedFor(labels.size())) {
            throw invalid(field, "a metric for " + labels.size() + " labels, such as " + name + "Macro", name);
        }
        if (metric.needsPositiveLabel(labels.size()) && positive.isEmpty()) {
            throw invalid(field, "with evaluation.positiveLabel beside it, one of " + this, name);
        }
        return metric;
    }

    /** The metric that a field names, which must be one number to choose by. */
    public Metric primary(String field, String name) {
        Metric metric = metric(field, name);
        if (!metric.mayBePrimary()) {
            throw invalid(field, "a metric that is one number to choose by, such as f1Macro", name);
        }
        return metric;
    }

    /** The index of the positive label, -1 where none is named. */
    public int positiveIndex() {
        return positive.map(labels::indexOf).orElse(-1);
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
