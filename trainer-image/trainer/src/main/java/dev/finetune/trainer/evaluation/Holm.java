package dev.finetune.trainer.evaluation;

import java.util.Comparator;
import java.util.stream.IntStream;

/** Holm's step-down correction: which of several hypotheses to reject, so that a true one is rejected with chance alpha at most. */
final class Holm {
    private Holm() {}

    /** For each p value, whether its hypothesis is rejected. */
    static boolean[] rejected(double[] pValues, double alpha) {
        boolean[] rejected = new boolean[pValues.length];
        int[] order = IntStream.range(0, pValues.length)
                .boxed()
                .sorted(Comparator.comparingDouble(i -> pValues[i]))
                .mapToInt(Integer::intValue)
                .toArray();
        for (int rank = 0; rank < order.length; rank++) {
            if (pValues[order[rank]] > alpha / (order.length - rank)) {
                break;
            }
            rejected[order[rank]] = true;
        }
        return rejected;
    }
}
