package dev.finetune.trainer;

import dev.finetune.trainer.engine.RawTensor;
import dev.finetune.trainer.engine.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.TreeMap;

/** The backbone of a narrow EfficientNet-Lite with random weights, as a model folder: transformers has no such network that could make one. */
public final class RandomEfficientNetLite {
    private static final int STEM = 32;
    private static final int TOP = 1280;

    /** What width 0.1 and depth 0.5 make of the stages: kernel, how much wider a block is inside, channels. */
    private static final int[][] BLOCKS = {
        {3, 1, 8},
        {3, 6, 8},
        {5, 6, 8},
        {3, 6, 8},
        {3, 6, 8},
        {5, 6, 16},
        {5, 6, 16},
        {5, 6, 24},
        {5, 6, 24},
        {3, 6, 32}
    };

    private final Random random = new Random(1);
    private final TreeMap<String, RawTensor> weights = new TreeMap<>();

    private RandomEfficientNetLite() {}

    /** Writes config.json and model.safetensors. */
    public static void write(Path folder) throws IOException {
        Files.writeString(
                folder.resolve("config.json"),
                "{\"model_type\": \"efficientnet_lite\", \"width_coefficient\": 0.1, \"depth_coefficient\": 0.5}");
        RandomEfficientNetLite network = new RandomEfficientNetLite();
        network.layer("_conv_stem", "_bn0", STEM, 3, 3);
        int in = STEM;
        for (int i = 0; i < BLOCKS.length; i++) {
            String name = "_blocks." + i + ".";
            int kernel = BLOCKS[i][0];
            int wide = in * BLOCKS[i][1];
            if (wide > in) {
                network.layer(name + "_expand_conv", name + "_bn0", wide, in, 1);
            }
            network.layer(name + "_depthwise_conv", name + "_bn1", wide, 1, kernel);
            network.layer(name + "_project_conv", name + "_bn2", BLOCKS[i][2], wide, 1, 1, 0);
            in = BLOCKS[i][2];
        }
        network.layer("_conv_head", "_bn1", TOP, in, 1);
        SafetensorsWriter.write(folder.resolve("model.safetensors"), network.weights);
    }

    /** A convolution and a norm behind which ReLU6 is neither 0 nor 6, so that the network has slopes that can be measured. */
    private void layer(String convolution, String norm, int out, int in, int kernel) {
        layer(convolution, norm, out, in, kernel, 0.3f, 3);
    }

    private void layer(String convolution, String norm, int out, int in, int kernel, float gamma, float beta) {
        float[] values = new float[out * in * kernel * kernel];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (random.nextGaussian() / Math.sqrt(in * kernel * kernel));
        }
        weights.put(convolution + ".weight", RawTensor.of(values, out, in, kernel, kernel));
        vector(norm + ".weight", out, gamma);
        vector(norm + ".bias", out, beta);
        vector(norm + ".running_mean", out, 0);
        vector(norm + ".running_var", out, 1);
    }

    private void vector(String name, int size, float value) {
        float[] values = new float[size];
        Arrays.fill(values, value);
        weights.put(name, RawTensor.of(values, size));
    }
}
