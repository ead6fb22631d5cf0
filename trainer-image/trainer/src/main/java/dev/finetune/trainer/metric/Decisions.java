package dev.finetune.trainer.metric;

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
