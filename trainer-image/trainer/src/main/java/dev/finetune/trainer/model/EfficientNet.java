package dev.finetune.trainer.model;

import ai.djl.ndarray.NDArray;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * EfficientNet (Tan and Le 2019) as transformers names it: inverted residuals with squeeze and excitation, scaled in width and depth,
 * with dropout of a branch that grows with its depth; a 1 x 1, global average; the head is dropout and a linear layer. The momentum of
 * running statistics is TensorFlow's: 0.99 keeps 99 % of what was known (transformers hands that number to PyTorch, where it keeps 1 %).
 */
final class EfficientNet extends ImageClassifier {
    private final int leastEdge;
    private final double dropout;
    private final double branchDropout;
    private final ResidualChain chain;
    private final List<NDArray> head;

    EfficientNet(Setup setup) {
        super(setup);
        ModelConfig config = setup.config();
        if (!config.textOr("pooling_type", "mean").equals("mean")) {
            throw config.invalid("pooling_type", "mean");
        }
        String activation = ConvNorm.activation(config);
        double momentum = 1 - Math.min(1, config.numberOr("batch_norm_momentum", 0.99));
        ConvNorm.Family family =
                new ConvNorm.Family(engine(), setup.loader(), config.numberOr("batch_norm_eps", 1e-3), momentum);
        dropout = setup.options().dropout().orElse(config.numberOr("dropout_rate", 0.5));
        branchDropout = setup.options().dropout().orElse(config.numberOr("drop_connect_rate", 0.2));
        List<Integer> repeats = config.counts("num_block_repeats");
        int all = repeats.stream().mapToInt(n -> repeated(config, n)).sum();
        List<InvertedResidual> blocks = new ArrayList<>();
        Window stemWindow = Window.of(3, 2).padded(Window.Padding.LATE);
        ConvNorm stem = family.layer(
                "embeddings.convolution", "embeddings.batchnorm", 3, scaled(config, 32), stemWindow, activation);
        List<Window> windows = new ArrayList<>(List.of(stemWindow));
        List<Integer> centered = config.json().hasNonNull("depthwise_padding")
                        && !config.json().path("depthwise_padding").isEmpty()
                ? indices(config)
                : List.of();
        int out = 0;
        for (int stage = 0; stage < repeats.size(); stage++) {
            for (int i = 0; i < repeated(config, repeats.get(stage)); i++) {
                int index = blocks.size();
                int in = i > 0
                        ? out
                        : scaled(config, config.counts("in_channels").get(stage));
                out = scaled(config, config.counts("out_channels").get(stage));
                int stride = i > 0 ? 1 : config.counts("strides").get(stage);
                Window window = Window.of(config.counts("kernel_sizes").get(stage), stride)
                        .padded(
                                stride == 1 || centered.contains(index)
                                        ? Window.Padding.CENTERED
                                        : Window.Padding.LATE);
                windows.add(window);
                blocks.add(block(
                        family,
                        "encoder.blocks.%d.".formatted(index),
                        in,
                        config.counts("expand_ratios").get(stage),
                        out,
                        window,
                        activation,
                        i > 0 && stride == 1,
                        branchDropout * index / all,
                        config.numberOr("squeeze_expansion_ratio", 0.25)));
            }
        }
        int least = 1;
        for (Window window : windows.reversed()) {
            least = window.leastFor(least);
        }
        leastEdge = least;
        int hidden = scaled(config, 1280);
        ConvNorm top = family.layer("encoder.top_conv", "encoder.top_bn", out, hidden, Window.of(1, 1), activation);
        chain = new ResidualChain(List.of(stem), blocks, top);
        head = setup.loader()
                .outputLinear("classifier", setup.labelsFit(), setup.labels().size(), hidden);
    }

    private InvertedResidual block(
            ConvNorm.Family family,
            String name,
            int in,
            int ratio,
            int out,
            Window window,
            String activation,
            boolean residual,
            double drop,
            double squeeze) {
        int wide = in * ratio;
        Optional<ConvNorm> expand = ratio == 1
                ? Optional.empty()
                : Optional.of(family.layer(
                        name + "expansion.expand_conv",
                        name + "expansion.expand_bn",
                        in,
                        wide,
                        Window.of(1, 1),
                        activation));
        ConvNorm depthwise = family.layer(
                name + "depthwise_conv.depthwise_conv",
                name + "depthwise_conv.depthwise_norm",
                wide,
                wide,
                window.grouped(wide),
                activation);
        int inner = Math.max(1, (int) (in * squeeze));
        ParameterLoader p = family.loader();
        List<NDArray> excitation = List.of(
                p.weight(name + "squeeze_excite.reduce.weight", inner, wide, 1, 1),
                p.vector(name + "squeeze_excite.reduce.bias", inner),
                p.weight(name + "squeeze_excite.expand.weight", wide, inner, 1, 1),
                p.vector(name + "squeeze_excite.expand.bias", wide));
        ConvNorm project = family.layer(
                name + "projection.project_conv", name + "projection.project_bn", wide, out, Window.of(1, 1), "none");
        return new InvertedResidual(engine(), expand, depthwise, Optional.of(excitation), project, residual, drop);
    }

    private static int scaled(ModelConfig config, int channels) {
        int divisor = config.countOr("depth_divisor", 8);
        return InvertedResidual.channels(channels * config.numberOr("width_coefficient", 2), divisor, divisor);
    }

    private static int repeated(ModelConfig config, int repeats) {
        return (int) Math.ceil(config.numberOr("depth_coefficient", 3.1) * repeats);
    }

    private static List<Integer> indices(ModelConfig config) {
        List<Integer> indices = new ArrayList<>();
        config.json().path("depthwise_padding").forEach(n -> indices.add(n.asInt(-1)));
        return indices;
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

    /** Strides halve an edge and round down, but for those that transformers' config pads at both sides. */
    @Override
    int leastEdge() {
        return leastEdge;
    }

    @Override
    String architecture() {
        return "EfficientNetForImageClassification";
    }

    @Override
    Map<String, Double> dropouts() {
        return Map.of("dropout_rate", dropout, "drop_connect_rate", branchDropout);
    }
}
