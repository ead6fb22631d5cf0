package dev.finetune.api;

/** The learning rate after warm-up. */
public enum Scheduler {
    /** Unchanged. */
    Constant,
    /** Falls linearly to zero. */
    Linear,
    /** Falls to zero along half a cosine. */
    Cosine
}
