package dev.finetune.api;

/** What a model answers an input with. */
public enum Answer {
    /** One of the labels, with a probability for each. */
    Label,
    /** A number. */
    Number
}
