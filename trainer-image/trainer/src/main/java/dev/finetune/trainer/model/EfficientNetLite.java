package dev.finetune.trainer.model;

import ai.djl.ndarray.NDArray;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * EfficientNet-Lite: EfficientNet without squeeze and excitation, with ReLU6, with TensorFlow's padding, and with a stem and a top that
 * never scale. transformers has no such network: the names are those of the PyTorch weights that packages ship ({@code _conv_stem},
 * {@code _blocks.0._depthwise_conv}, {@code _fc}), and config.json has {@code model_type: efficientnet_lite}, {@code
 * width_coefficient}, {@code depth_coefficient} and {@code dropout_rate}.
 */
final class EfficientNetLite extends ImageClassifier {
    private static final int HIDDEN = 1280;

    private record Stage(int repeats, int kernel, int stride, int ratio, int out) {}

    private static final List<Stage> STAGES = List.of(
            new Stage(1, 3, 1, 1, 16),
            new Stage(2, 3, 2, 6, 24),
            new Stage(2, 5, 2, 6, 40),
            new Stage(3, 3, 2, 6, 80),
            new Stage(3, 5, 1, 6, 112),
            new Stage(4, 5, 2, 6, 192),
            new Stage(1, 3, 1, 6, 320));

    private final double dropout;
    private final ResidualChain chain;
    private final List<NDArray> head;

    EfficientNetLite(Setup setup) {
        super(setup);
        ModelConfig config = setup.config();
        ConvNorm.Family family = new ConvNorm.Family(engine(), setup.loader(), 1e-3, 0.01);
        dropout = setup.options().dropout().orElse(config.numberOr("dropout_rate", 0.2));
        double width = config.numberOr("width_coefficient", 1);
        double depth = config.numberOr("depth_coefficient", 1);
        int in = 32;
        List<InvertedResidual> blocks = new ArrayList<>();
        ConvNorm stem =
                family.layer("_conv_stem", "_bn0", 3, in, Window.of(3, 2).padded(Window.Padding.SAME), "relu6");
        for (Stage stage : STAGES) {
            boolean scales = stage != STAGES.getFirst() && stage != STAGES.getLast();
            int repeats = scales ? (int) Math.ceil(depth * stage.repeats) : stage.repeats;
            int out = InvertedResidual.channels(width * stage.out, 8, 8);
            for (int i = 0; i < repeats; i++) {
                Window window =
                        Window.of(stage.kernel, i == 0 ? stage.stride : 1).padded(Window.Padding.SAME);
                blocks.add(block(family, "_blocks.%d.".formatted(blocks.size()), in, stage.ratio, out, window));
                in = out;
            }
        }
        ConvNorm top = family.layer("_conv_head", "_bn1", in, HIDDEN, Window.of(1, 1), "relu6");
        chain = new ResidualChain(List.of(stem), blocks, top);
        head = setup.loader()
                .outputLinear("_fc", setup.labelsFit(), setup.labels().size(), HIDDEN);
    }

    private InvertedResidual block(ConvNorm.Family family, String name, int in, int ratio, int out, Window window) {
        int wide = in * ratio;
        Optional<ConvNorm> expand = ratio == 1
                ? Optional.empty()
                : Optional.of(family.layer(name + "_expand_conv", name + "_bn0", in, wide, Window.of(1, 1), "relu6"));
        return new InvertedResidual(
                engine(),
                expand,
                family.layer(name + "_depthwise_conv", name + "_bn1", wide, wide, window.grouped(wide), "relu6"),
                Optional.empty(),
                family.layer(name + "_project_conv", name + "_bn2", wide, out, Window.of(1, 1), "none"),
                window.stride() == 1 && in == out,
                0);
    }

    @Override
    NDArray headInput(PixelBatch batch, Pass pass) {
        return chain.forward(this, batch, pass);
    }

    @Override
    public NDArray logitsFromHeadInput(NDArray headInput, boolean training) {
        return linearHead(headInput, head, dropout, training);
    }

    @Override
    OptionalInt onlyEdge() {
        return OptionalInt.empty();
    }

    @Override
    String architecture() {
        return "EfficientNetLite";
    }

    @Override
    Map<String, Double> dropouts() {
        return Map.of("dropout_rate", dropout);
    }
}
