package dev.finetune.api;

import org.jspecify.annotations.Nullable;

/** Where inputs and answers stand: a column name, or a zero-based number where there is no header. */
public record Columns(
        @Nullable String text,
        @Nullable String textPair,
        @Nullable String label,
        @Nullable String labels,
        @Nullable String tokens,
        @Nullable String tags,
        @Nullable String image) {
    /** Those of texts. */
    public Columns(@Nullable String text, @Nullable String textPair, @Nullable String label, @Nullable String labels) {
        this(text, textPair, label, labels, null, null, null);
    }

    /** Those of single texts with one label. */
    public Columns(@Nullable String text, @Nullable String label) {
        this(text, null, label, null);
    }
}
