package dev.finetune.api;

/** The update rule. */
public enum Optimizer {
    /** Adam with decoupled weight decay. */
    AdamW,
    /** Adam with L2 in the gradient. */
    Adam,
    /** Gradient descent with momentum 0.9. */
    SGD
}
