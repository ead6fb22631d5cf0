package dev.finetune.trainer.model;

import ai.djl.ndarray.NDArray;
import dev.finetune.trainer.engine.TorchEngine;
import java.util.List;

/**
 * A convolution without bias, batch norm (Ioffe and Szegedy 2015), activation: what convolutional networks are made of.
 *
 * @param tensors weight, gamma, beta, running mean, running variance
 * @param momentum the share of a batch's statistics that goes into the running ones
 */
record ConvNorm(
        TorchEngine engine, List<NDArray> tensors, Window window, double epsilon, double momentum, String activation) {
    /** {@code [rows, in, height, width]} to {@code [rows, out, ...]}. */
    NDArray forward(NDArray x, Pass pass) {
        return engine.kernels()
                .run(
                        x.getManager(),
                        pass.training(),
                        "conv_norm",
                        x,
                        tensors,
                        window.over(x.getShape().get(2), x.getShape().get(3)),
                        epsilon,
                        momentum,
                        pass.batchStatistics() ? 1 : 0,
                        activation);
    }

    /** The names and numbers that the layers of one network have in common. */
    record Family(TorchEngine engine, ParameterLoader loader, double epsilon, double momentum) {
        ConvNorm layer(String convolution, String norm, int in, int out, Window window, String activation) {
            return new ConvNorm(
                    engine,
                    List.of(
                            loader.weight(
                                    convolution + ".weight",
                                    out,
                                    in / window.groups(),
                                    window.kernel(),
                                    window.kernel()),
                            loader.vector(norm + ".weight", out),
                            loader.vector(norm + ".bias", out),
                            loader.buffer(norm + ".running_mean", out),
                            loader.buffer(norm + ".running_var", out)),
                    window,
                    epsilon,
                    momentum,
                    activation);
        }
    }

    /** Refuses an activation that the kernels don't have. */
    static String activation(ModelConfig config) {
        String name = config.textOr("hidden_act", "relu");
        return switch (name) {
            case "relu", "relu6", "gelu", "silu" -> name;
            case "swish" -> "silu";
            case "gelu_new", "gelu_pytorch_tanh", "gelu_fast" -> "gelu_new";
            default -> throw config.invalid("hidden_act", "one of relu, relu6, gelu, gelu_new, silu");
        };
    }
}
