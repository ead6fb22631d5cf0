package dev.finetune.trainer.metric;

import dev.finetune.api.Answer;
import dev.finetune.api.Metric;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Every metric of a model that tags words. Precision, recall and F1 are of entities, as seqeval's default mode has them; accuracy and log loss of words. Log loss
 * needs scores, and is computed for any weights of the texts, so that a resample is a vector of counts.
 */
public final class TagMetrics implements OutputMetrics {
    private final double[] losses;
    private final int[] words;

    /**
     * Of rows of scores.
     *
     * @param truth the number in {@code sequences} of each text's tags: {@code [n]}
     * @param scores the probabilities of the tags of each word: {@code [n][words x tags]}
     */
    public TagMetrics(TagSequences sequences, int[] truth, double[][] scores) {
        int k = sequences.tags().size();
        losses = new double[truth.length];
        words = new int[truth.length];
        for (int i = 0; i < truth.length; i++) {
            int[] tags = sequences.words(truth[i]);
            words[i] = tags.length;
            for (int w = 0; w < tags.length; w++) {
                losses[i] += ScoreMetrics.logLoss(scores[i][w * k + tags[w]]);
            }
        }
    }

    /** The metrics that exist, by name; arguments as of the constructor. */
    public static Map<String, Double> values(TagSequences sequences, int[] truth, double[][] scores) {
        ClassCounts counts = ClassCounts.of(sequences);
        int[] decisions = sequences.decisions(scores);
        for (int i = 0; i < truth.length; i++) {
            counts.add(truth[i], decisions[i], 1);
        }
        TagMetrics ofScores = new TagMetrics(sequences, truth, scores);
        int[] once = new int[truth.length];
        Arrays.fill(once, 1);
        Map<String, Double> values = new LinkedHashMap<>();
        for (Metric metric : Metric.values()) {
            if (metric.measures(Answer.Tags) && !metric.perClass() && truth.length > 0) {
                double value = metric.scoreBased() ? ofScores.value(metric, once) : counts.value(metric, -1);
                if (!Double.isNaN(value)) {
                    values.put(metric.name(), value);
                }
            }
        }
        return values;
    }

    /** The mean loss of a word. */
    @Override
    public double value(Metric metric, int[] weights) {
        if (metric != Metric.logLoss) {
            throw new IllegalArgumentException(metric + " of tags does not need scores");
        }
        double sum = 0;
        long all = 0;
        for (int i = 0; i < losses.length; i++) {
            sum += weights[i] * losses[i];
            all += (long) weights[i] * words[i];
        }
        return all == 0 ? Double.NaN : sum / all;
    }
}
