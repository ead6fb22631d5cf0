package dev.finetune.trainer.metric;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/** From scores to decisions. */
public final class Decisions {
    private Decisions() {}

    /** The index of the highest score; of equal ones the first, as NumPy's argmax. */
    public static int best(double[] scores) {
        int best = 0;
        for (int j = 1; j < scores.length; j++) {
            if (scores[j] > scores[best]) {
                best = j;
            }
        }
        return best;
    }

    /** The decision for each row. */
    public static int[] of(double[][] scores) {
        int[] decisions = new int[scores.length];
        for (int i = 0; i < scores.length; i++) {
            decisions[i] = best(scores[i]);
        }
        return decisions;
    }

    /** The indices of the labels whose score reaches the threshold. */
    public static BitSet above(double[] scores, double threshold) {
        BitSet above = new BitSet(scores.length);
        for (int j = 0; j < scores.length; j++) {
            above.set(j, scores[j] >= threshold);
        }
        return above;
    }

    /** The labels whose score reaches the threshold, in their order. */
    public static List<String> given(double[] scores, double threshold, List<String> labels) {
        return above(scores, threshold).stream().mapToObj(labels::get).toList();
    }

    /** The best tag of each word, from one text's scores {@code [words x tags]}: those of the first word's tags, of the second's, and so on. */
    public static List<String> tags(double[] scores, List<String> tags) {
        List<String> best = new ArrayList<>(scores.length / tags.size());
        for (int from = 0; from < scores.length; from += tags.size()) {
            best.add(tags.get(best(Arrays.copyOfRange(scores, from, from + tags.size()))));
        }
        return best;
    }

    /** The distance between the two highest scores; 1 where there is only one. */
    public static double margin(double[] scores) {
        int best = best(scores);
        double second = 0;
        for (int j = 0; j < scores.length; j++) {
            second = j == best ? second : Math.max(second, scores[j]);
        }
        return scores[best] - second;
    }
}
