package dev.finetune.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.finetune.trainer.transform.ImageTransform;
import dev.finetune.trainer.transform.Mix;
import dev.finetune.trainer.transform.Pixels;
import java.util.List;

/** Images of one size as normalised values, {@code [rows, 3, height, width]} float32; what a model computes from them lives in their scope. */
public record PixelBatch(NDManager scope, NDArray pixels) {
    /** A batch from Java values, image by image, channel by channel, row by row. */
    public static PixelBatch of(NDManager scope, float[] values, int rows, int height, int width) {
        return new PixelBatch(scope, scope.create(values, new Shape(rows, 3, height, width)));
    }

    /** A batch of fitted images of one size, normalised. */
    public static PixelBatch of(NDManager scope, List<Pixels> fitted, ImageTransform transform) {
        int height = fitted.getFirst().height();
        int width = fitted.getFirst().width();
        float[] values = new float[Math.multiplyExact(3 * fitted.size(), height * width)];
        for (int i = 0; i < fitted.size(); i++) {
            transform.normalise(fitted.get(i), values, i * 3 * height * width);
        }
        return of(scope, values, fitted.size(), height, width);
    }

    /** The same, each with another image in it. */
    public static PixelBatch of(
            NDManager scope, List<Pixels> fitted, List<Pixels> others, Mix mix, ImageTransform transform) {
        int height = fitted.getFirst().height();
        int width = fitted.getFirst().width();
        float[] values = new float[Math.multiplyExact(3 * fitted.size(), height * width)];
        float[] other = new float[3 * height * width];
        for (int i = 0; i < fitted.size(); i++) {
            transform.normalise(fitted.get(i), values, i * other.length);
            transform.normalise(others.get(i), other, 0);
            mix.apply(values, i * other.length, other);
        }
        return of(scope, values, fitted.size(), height, width);
    }

    /** How many images. */
    public int rows() {
        return (int) pixels.getShape().get(0);
    }
}
