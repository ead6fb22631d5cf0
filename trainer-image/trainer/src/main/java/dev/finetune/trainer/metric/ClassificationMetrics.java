package dev.finetune.trainer.metric;

import dev.finetune.api.Answer;
import dev.finetune.api.Metric;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * Every metric of a classifier on one labelled set. Averages run over the labels that have at least one example; the others are
 * {@link #absentLabels}. A metric that does not exist here (no positive label, one outcome only) is empty.
 */
public final class ClassificationMetrics {
    private final List<String> labels;
    private final Map<Metric, Double> values = new EnumMap<>(Metric.class);
    private final ClassCounts counts;
    private final long[][] confusion;

    private ClassificationMetrics(
            int[] truth, double[][] probabilities, List<String> labels, @Nullable String positiveLabel) {
        this.labels = List.copyOf(labels);
        int classes = labels.size();
        int positive = positiveIndex(labels, positiveLabel);
        int[] decisions = Decisions.of(probabilities);
        this.counts = ClassCounts.of(truth, decisions, classes);
        this.confusion = new long[classes][classes];
        for (int i = 0; i < truth.length; i++) {
            confusion[truth[i]][decisions[i]]++;
        }
        ScoreMetrics scores = new ScoreMetrics(truth, probabilities, classes, positive);
        int[] once = new int[truth.length];
        Arrays.fill(once, 1);
        for (Metric metric : Metric.values()) {
            if (metric.measures(Answer.Label) && !metric.perClass() && truth.length > 0) {
                double value = metric.scoreBased() ? scores.value(metric, once) : counts.value(metric, positive);
                if (!Double.isNaN(value)) {
                    values.put(metric, value);
                }
            }
        }
    }

    /**
     * The metrics of a classifier.
     *
     * @param truth the index in {@code labels} of each example's label: {@code [n]}
     * @param probabilities the probability of each label for each example: {@code [n][k]}
     * @param labels the names of the k labels
     * @param positiveLabel one of two labels, or null: precision, recall, f1 and prAuc are then of this one
     */
    public static ClassificationMetrics of(
            int[] truth, double[][] probabilities, List<String> labels, @Nullable String positiveLabel) {
        if (truth.length != probabilities.length) {
            throw new IllegalArgumentException(
                    "as many rows of scores as labels: " + probabilities.length + " and " + truth.length);
        }
        return new ClassificationMetrics(truth, probabilities, labels, positiveLabel);
    }

    /** The index of the positive label, -1 where there are not two classes or none of them is named. */
    private static int positiveIndex(List<String> labels, @Nullable String positiveLabel) {
        return labels.size() == 2 && positiveLabel != null ? labels.indexOf(positiveLabel) : -1;
    }

    /** One number, where the metric exists. */
    public OptionalDouble value(Metric metric) {
        Double value = values.get(metric);
        return value == null ? OptionalDouble.empty() : OptionalDouble.of(value);
    }

    /** All numbers by the API's names, in the catalogue's order. */
    public Map<String, Double> values() {
        Map<String, Double> byName = new LinkedHashMap<>();
        values.forEach((metric, value) -> byName.put(metric.name(), value));
        return byName;
    }

    /** A per-class metric by label, for the labels that have examples. */
    public Map<String, Double> perClass(Metric metric) {
        Map<String, Double> byLabel = new LinkedHashMap<>();
        for (int label = 0; label < labels.size(); label++) {
            if (counts.actual(label) > 0) {
                byLabel.put(labels.get(label), counts.perClass(metric, label));
            }
        }
        return byLabel;
    }

    /** How often an example of label i was taken for label j. */
    public long[][] confusion() {
        return Arrays.stream(confusion).map(long[]::clone).toArray(long[][]::new);
    }

    /** The labels without an example. */
    public List<String> absentLabels() {
        return labels.stream()
                .filter(label -> counts.actual(labels.indexOf(label)) == 0)
                .toList();
    }
}
