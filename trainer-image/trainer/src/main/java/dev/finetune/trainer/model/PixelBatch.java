package dev.finetune.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;

/** Images of one size as normalised values, {@code [rows, 3, height, width]} float32; what a model computes from them lives in their scope. */
public record PixelBatch(NDManager scope, NDArray pixels) {
    /** A batch from Java values, image by image, channel by channel, row by row. */
    public static PixelBatch of(NDManager scope, float[] values, int rows, int height, int width) {
        return new PixelBatch(scope, scope.create(values, new Shape(rows, 3, height, width)));
    }

    /** How many images. */
    public int rows() {
        return (int) pixels.getShape().get(0);
    }
}
