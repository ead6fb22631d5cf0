package dev.finetune.trainer.model;

import dev.finetune.trainer.transform.Entity;
import java.util.List;

/**
 * The scores of a text's words as one row, {@code [words x tags]}: those of the first word's tags, then those of the second's. Rows are as long as their texts, so
 * a text has one row in every task. A model scores a word at its first token; a word that has none, because it lies beyond {@code maxLength} or nothing of it
 * is left after cleaning, is outside of all entities for certain.
 */
public final class WordScores {
    private WordScores() {}

    /**
     * The row of one text.
     *
     * @param ofTokens the probabilities of tags, {@code [][tags]}, in the order of the batch; those of this text begin at {@code from}, one for each word that
     *     {@link Tokens#seen}
     */
    public static double[] row(Tokens tokens, double[][] ofTokens, int from, List<String> tags) {
        int k = tags.size();
        int outside = tags.indexOf(Entity.OUTSIDE);
        double[] row = new double[tokens.words().length * k];
        int next = from;
        for (int w = 0; w < tokens.words().length; w++) {
            if (tokens.seen(w)) {
                System.arraycopy(ofTokens[next++], 0, row, w * k, k);
            } else if (outside >= 0) {
                row[w * k + outside] = 1;
            }
        }
        return row;
    }
}
