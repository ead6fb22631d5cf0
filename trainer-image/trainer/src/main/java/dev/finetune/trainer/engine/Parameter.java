package dev.finetune.trainer.engine;

import ai.djl.ndarray.NDArray;

/**
 * A weight: its Hugging Face name, its tensor, whether it belongs to the head, and whether weight decay applies to it (biases and
 * one-dimensional norm weights are left alone).
 */
public record Parameter(String name, NDArray array, boolean head, boolean decay) {
    /** Whether gradients are computed for it now. */
    public boolean trainable() {
        return array.hasGradient();
    }

    /** Turns gradients for it on or off. */
    public void setTrainable(boolean trainable) {
        array.setRequiresGradient(trainable);
    }
}
