package dev.finetune.trainer.model;

import java.util.Arrays;

/**
 * One input as the tokenizer gives it, special tokens included, not padded.
 *
 * @param ids the token ids, {@code [length]}
 * @param types which of two texts each token belongs to, {@code [length]}: all 0 for a single text and for models without segments
 * @param words for each word where its first token is, {@code [words]}, -1 where it has none; empty where an input is not cut into words
 */
public record Tokens(int[] ids, int[] types, int[] words) {
    /** Those of an input that is not cut into words. */
    public Tokens(int[] ids, int[] types) {
        this(ids, types, new int[0]);
    }

    /** Those of a single text. */
    public static Tokens of(int... ids) {
        return new Tokens(ids, new int[ids.length]);
    }

    /** Whether a word has a token, so that a model can say something about it. */
    public boolean seen(int word) {
        return words[word] >= 0;
    }

    /** How many words have one. */
    public int seen() {
        return (int) Arrays.stream(words).filter(place -> place >= 0).count();
    }

    /** How many. */
    public int length() {
        return ids.length;
    }
}
