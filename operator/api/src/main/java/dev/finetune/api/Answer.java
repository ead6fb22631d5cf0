package dev.finetune.api;

/** What a model answers an input with. */
public enum Answer {
    /** One of the labels, with a probability for each. */
    Label,
    /** Any number of the labels, or none: each has a probability of its own. */
    Labels,
    /** One of the tags for each word of the input, with a probability for each: begun and continued entities of some types. */
    Tags,
    /** A number. */
    Number
}
