package dev.finetune.trainer.metric;

import dev.finetune.api.Answer;
import dev.finetune.api.Metric;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Every metric of a classifier whose examples may have several labels. Accuracy is that of whole sets; averages run over the labels that
 * have at least one example.
 */
public final class LabelSetMetrics {
    private LabelSetMetrics() {}

    /**
     * The metrics that exist, by name.
     *
     * @param truth the number in {@code sets} of each example's labels: {@code [n]}
     * @param scores the probability of each label for each example: {@code [n][labels]}
     * @param threshold the score from which a label is given
     */
    public static Map<String, Double> values(LabelSets sets, int[] truth, double[][] scores, double threshold) {
        ClassCounts counts = ClassCounts.of(sets);
        int[] decisions = sets.decisions(scores, threshold);
        for (int i = 0; i < truth.length; i++) {
            counts.add(truth[i], decisions[i], 1);
        }
        ScoreMetrics ofScores = ScoreMetrics.ofSets(sets, truth, scores);
        int[] once = new int[truth.length];
        Arrays.fill(once, 1);
        Map<String, Double> values = new LinkedHashMap<>();
        for (Metric metric : Metric.values()) {
            if (metric.measures(Answer.Labels) && !metric.perClass() && truth.length > 0) {
                double value = metric.scoreBased() ? ofScores.value(metric, once) : counts.value(metric, -1);
                if (!Double.isNaN(value)) {
                    values.put(metric.name(), value);
                }
            }
        }
        return values;
    }
}
