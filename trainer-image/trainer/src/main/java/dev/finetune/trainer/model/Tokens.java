package dev.finetune.trainer.model;

/**
 * One input as the tokenizer gives it, special tokens included, not padded.
 *
 * @param ids the token ids, {@code [length]}
 * @param types which of two texts each token belongs to, {@code [length]}: all 0 for a single text and for models without segments
 */
public record Tokens(int[] ids, int[] types) {
    /** Those of a single text. */
    public static Tokens of(int... ids) {
        return new Tokens(ids, new int[ids.length]);
    }

    /** How many. */
    public int length() {
        return ids.length;
    }
}
