package dev.finetune.api;

/** What the model is adapted to do. */
public enum Task {
    /** One label per text. */
    TextClassification
}
