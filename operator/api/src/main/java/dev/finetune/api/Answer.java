package dev.finetune.api;

/** What a model answers an input with. */
public enum Answer {
    /** One of the labels, with a probability for each. */
    Label,
    /** Any number of the labels, or none: each has a probability of its own. */
    Labels,
    /** A number. */
    Number
}
