package dev.finetune.trainer.dataset;

/** What a column is to a task, named as in {@code spec.dataset.columns}. */
enum Role {
    text,
    textPair,
    label,
    labels,
    image
}
