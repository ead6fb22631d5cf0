package dev.finetune.trainer.model;

import ai.djl.ndarray.NDArray;
import dev.finetune.trainer.engine.TorchEngine;
import java.util.List;
import java.util.Optional;

/**
 * The block of MobileNetV2 and EfficientNet (Sandler et al. 2018): wider by a 1 x 1, depthwise, perhaps squeeze and excitation (Hu et
 * al. 2017), narrower by a 1 x 1 without activation, and around it all the input where the sizes allow.
 *
 * @param excitation the four tensors of squeeze and excitation
 * @param dropout of the branch that is added to the input
 */
record InvertedResidual(
        TorchEngine engine,
        Optional<ConvNorm> expand,
        ConvNorm depthwise,
        Optional<List<NDArray>> excitation,
        ConvNorm project,
        boolean residual,
        double dropout) {
    /** Frees its input. */
    NDArray forward(NDArray x, Pass pass) {
        NDArray wide = expand.map(layer -> layer.forward(x, pass)).orElse(x);
        NDArray filtered = depthwise.forward(wide, pass);
        if (wide != x) {
            wide.close();
        }
        NDArray weighted = excitation
                .map(tensors -> engine.kernels()
                        .run(
                                x.getManager(),
                                pass.training(),
                                "squeeze_excite",
                                filtered,
                                tensors,
                                depthwise.activation()))
                .orElse(filtered);
        NDArray narrow = project.forward(weighted, pass);
        weighted.close();
        if (weighted != filtered) {
            filtered.close();
        }
        if (!residual) {
            x.close();
            return narrow;
        }
        double p = pass.training() ? dropout : 0.0;
        NDArray sum = engine.kernels().run(x.getManager(), pass.training(), "add_activate", narrow, x, p, "none");
        narrow.close();
        x.close();
        return sum;
    }

    /** A number of channels scaled and rounded to a multiple, by no more than a tenth downwards: MobileNet's rule. */
    static int channels(double scaled, int divisor, int least) {
        int rounded = Math.max(least, (int) (scaled + divisor / 2.0) / divisor * divisor);
        return rounded < 0.9 * scaled ? rounded + divisor : rounded;
    }
}
