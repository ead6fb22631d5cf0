package dev.finetune.trainer;

import dev.finetune.trainer.engine.RawTensor;
import dev.finetune.trainer.engine.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.TreeMap;

/** The backbone of SqueezeNet with random weights, as a model folder: transformers has no such network that could make a small one. */
public final class RandomSqueezeNet {
    private RandomSqueezeNet() {}

    /** Writes config.json and model.safetensors of version {@code 1_0} or {@code 1_1}. */
    public static void write(Path folder, String version) throws IOException {
        Files.writeString(
                folder.resolve("config.json"), "{\"model_type\": \"squeezenet\", \"version\": \"" + version + "\"}");
        boolean old = version.equals("1_0");
        Random random = new Random(1);
        TreeMap<String, RawTensor> weights = new TreeMap<>();
        int in = old ? 96 : 64;
        convolution(weights, random, "features.0", 3, in, old ? 7 : 3);
        int[] places = old ? new int[] {3, 4, 5, 7, 8, 9, 10, 12} : new int[] {3, 4, 6, 7, 9, 10, 11, 12};
        for (int i = 0; i < places.length; i++) {
            int squeezed = 16 * (i / 2 + 1);
            String name = "features." + places[i];
            convolution(weights, random, name + ".squeeze", in, squeezed, 1);
            convolution(weights, random, name + ".expand1x1", squeezed, 4 * squeezed, 1);
            convolution(weights, random, name + ".expand3x3", squeezed, 4 * squeezed, 3);
            in = 8 * squeezed;
        }
        SafetensorsWriter.write(folder.resolve("model.safetensors"), weights);
    }

    private static void convolution(
            TreeMap<String, RawTensor> weights, Random random, String name, int in, int out, int kernel) {
        float[] values = new float[out * in * kernel * kernel];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (random.nextGaussian() / Math.sqrt(in * kernel * kernel));
        }
        weights.put(name + ".weight", RawTensor.of(values, out, in, kernel, kernel));
        weights.put(name + ".bias", RawTensor.of(new float[out], out));
    }
}
