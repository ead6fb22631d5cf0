package dev.finetune.trainer.dataset;

/** What a column is to a task, named as in {@code spec.dataset.columns}. */
enum Role {
    text,
    textPair,
    label,
    labels,
    tokens,
    tags,
    image;

    /** Whether its values are lists of texts. */
    boolean isList() {
        return this == labels || this == tokens || this == tags;
    }
}
