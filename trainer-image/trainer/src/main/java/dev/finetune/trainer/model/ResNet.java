package dev.finetune.trainer.model;

import ai.djl.ndarray.NDArray;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * ResNet (He et al. 2015): a 7 x 7 stem and max pooling, stages of basic (two 3 x 3) or bottleneck (1 x 1, 3 x 3, 1 x 1) blocks around
 * shortcuts, global average; the stride of a bottleneck sits in its 3 x 3 (version 1.5) unless {@code downsample_in_bottleneck}.
 */
final class ResNet extends ImageClassifier {
    private static final int REDUCTION = 4;

    private record Block(List<ConvNorm> layers, Optional<ConvNorm> shortcut) {}

    private final String activation;
    private final ConvNorm stem;
    private final List<Block> blocks = new ArrayList<>();
    private final List<NDArray> head;

    ResNet(Setup setup) {
        super(setup);
        ModelConfig config = setup.config();
        activation = ConvNorm.activation(config);
        boolean bottleneck = config.textOr("layer_type", "bottleneck").equals("bottleneck");
        boolean early = config.flagOr("downsample_in_bottleneck", false);
        ConvNorm.Family family = new ConvNorm.Family(engine(), setup.loader(), 1e-5, 0.1);
        int channels = config.count("embedding_size");
        stem = family.layer(
                "embedder.embedder.convolution",
                "embedder.embedder.normalization",
                3,
                channels,
                Window.of(7, 2),
                activation);
        List<Integer> sizes = config.counts("hidden_sizes");
        List<Integer> depths = config.counts("depths", sizes.size());
        for (int stage = 0; stage < sizes.size(); stage++) {
            for (int layer = 0; layer < depths.get(stage); layer++) {
                boolean first = layer == 0 && (stage > 0 || config.flagOr("downsample_in_first_stage", false));
                int stride = first ? 2 : 1;
                int out = sizes.get(stage);
                String name = "encoder.stages.%d.layers.%d.".formatted(stage, layer);
                int inner = bottleneck ? out / REDUCTION : out;
                List<ConvNorm> layers = bottleneck
                        ? List.of(
                                layer(family, name, 0, channels, inner, Window.of(1, early ? stride : 1), activation),
                                layer(family, name, 1, inner, inner, Window.of(3, early ? 1 : stride), activation),
                                layer(family, name, 2, inner, out, Window.of(1, 1), "none"))
                        : List.of(
                                layer(family, name, 0, channels, out, Window.of(3, stride), activation),
                                layer(family, name, 1, out, out, Window.of(3, 1), "none"));
                Optional<ConvNorm> shortcut = channels == out && stride == 1
                        ? Optional.empty()
                        : Optional.of(family.layer(
                                name + "shortcut.convolution",
                                name + "shortcut.normalization",
                                channels,
                                out,
                                Window.of(1, stride),
                                "none"));
                blocks.add(new Block(layers, shortcut));
                channels = out;
            }
        }
        head = setup.loader()
                .outputLinear("classifier.1", setup.labelsFit(), setup.labels().size(), channels);
    }

    private static ConvNorm layer(
            ConvNorm.Family family, String name, int index, int in, int out, Window window, String activation) {
        String layer = name + "layer." + index;
        return family.layer(layer + ".convolution", layer + ".normalization", in, out, window, activation);
    }

    @Override
    NDArray headInput(PixelBatch batch, Pass pass) {
        NDArray x = after(stem.forward(batch.pixels(), pass), pass, "max_pool", 3, 2, 1, 0);
        for (Block block : blocks) {
            NDArray y = x;
            for (ConvNorm layer : block.layers) {
                NDArray next = layer.forward(y, pass);
                if (y != x) {
                    y.close();
                }
                y = next;
            }
            NDArray residual = x;
            NDArray shortcut =
                    block.shortcut.map(s -> s.forward(residual, pass)).orElse(x);
            NDArray sum = after(y, pass, "add_activate", shortcut, 0.0, activation);
            if (shortcut != x) {
                shortcut.close();
            }
            x.close();
            x = sum;
        }
        return after(x, pass, "global_mean");
    }

    @Override
    public NDArray logitsFromHeadInput(NDArray headInput, boolean training) {
        return linearHead(headInput, head, 0, training);
    }

    @Override
    OptionalInt onlyEdge() {
        return OptionalInt.empty();
    }

    @Override
    String architecture() {
        return "ResNetForImageClassification";
    }

    @Override
    Map<String, Double> dropouts() {
        return Map.of();
    }
}
