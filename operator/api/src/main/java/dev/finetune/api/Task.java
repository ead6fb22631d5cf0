package dev.finetune.api;

/** What the model is adapted to do. */
public enum Task {
    /** One label per text. */
    TextClassification,
    /** One label per pair of texts: what the second is to the first. */
    TextPairClassification;

    /** Whether an input is two texts. */
    public boolean hasPairs() {
        return this == TextPairClassification;
    }
}
