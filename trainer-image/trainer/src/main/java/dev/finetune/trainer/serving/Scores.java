package dev.finetune.trainer.serving;

/** The scores of one text. */
final class Scores {
    private Scores() {}

    /** The index of the highest score; of equal ones the first. */
    static int best(double[] scores) {
        int best = 0;
        for (int j = 1; j < scores.length; j++) {
            if (scores[j] > scores[best]) {
                best = j;
            }
        }
        return best;
    }
}
