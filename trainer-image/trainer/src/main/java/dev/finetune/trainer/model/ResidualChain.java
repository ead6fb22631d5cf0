package dev.finetune.trainer.model;

import ai.djl.ndarray.NDArray;
import java.util.List;

/** What MobileNetV2 and the EfficientNets are: a stem, a chain of inverted residuals, and a last layer, whose map is averaged. */
record ResidualChain(List<ConvNorm> stem, List<InvertedResidual> blocks, ConvNorm last) {
    /** {@code [rows, 3, height, width]} to {@code [rows, hidden]}; the pixels stay open. */
    NDArray forward(ImageClassifier model, PixelBatch batch, Pass pass) {
        NDArray x = stem.getFirst().forward(batch.pixels(), pass);
        for (ConvNorm layer : stem.subList(1, stem.size())) {
            NDArray next = layer.forward(x, pass);
            x.close();
            x = next;
        }
        for (InvertedResidual block : blocks) {
            x = block.forward(x, pass);
        }
        NDArray map = last.forward(x, pass);
        x.close();
        return model.after(map, pass, "global_mean");
    }
}
