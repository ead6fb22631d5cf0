package dev.finetune.trainer.engine;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.List;

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

    /** Overwrites the values of all these with those of the same names, in place: optimizers and graphs keep their handles. */
    public static void assign(TorchEngine engine, List<Parameter> parameters, Weights values) {
        for (Parameter parameter : parameters) {
            try (NDManager scope = engine.newScope()) {
                NDArray value = values.load(scope, parameter.name());
                engine.kernels().apply("assign", List.of(parameter.array()), List.of(value));
            }
        }
    }
}
