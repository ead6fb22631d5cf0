package dev.finetune.trainer.model;

import ai.djl.ndarray.NDArray;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * MobileNetV2 (Sandler et al. 2018) as transformers names it: a stem with the first block inside, sixteen inverted residuals, a 1 x 1,
 * global average; the head is dropout and a linear layer. Running statistics take 0.3 % of a batch, as TensorFlow's momentum of 0.997
 * means (transformers hands that number to PyTorch, where it means 99.7 %).
 */
final class MobileNetV2 extends ImageClassifier {
    private static final int[] CHANNELS = {16, 24, 24, 32, 32, 32, 64, 64, 64, 64, 96, 96, 96, 160, 160, 160, 320};
    private static final int[] STRIDES = {2, 1, 2, 1, 1, 2, 1, 1, 1, 1, 1, 1, 2, 1, 1, 1};
    private static final double MOMENTUM = 0.003;

    private final double dropout;
    private final ResidualChain chain;
    private final List<NDArray> head;

    MobileNetV2(Setup setup) {
        super(setup);
        ModelConfig config = setup.config();
        String activation = ConvNorm.activation(config);
        ConvNorm.Family family =
                new ConvNorm.Family(engine(), setup.loader(), config.numberOr("layer_norm_eps", 1e-3), MOMENTUM);
        Window.Padding padding = config.flagOr("tf_padding", true) ? Window.Padding.SAME : Window.Padding.CENTERED;
        dropout = setup.options().dropout().orElse(config.numberOr("classifier_dropout_prob", 0.8));
        List<ConvNorm> stem = new ArrayList<>();
        List<InvertedResidual> layers = new ArrayList<>();
        int stemSize = scaled(config, 32);
        stem.add(layer(
                family, "conv_stem.first_conv", 3, stemSize, Window.of(3, 2).padded(padding), activation));
        if (!config.flagOr("first_layer_is_expansion", true)) {
            stem.add(layer(family, "conv_stem.expand_1x1", stemSize, stemSize, Window.of(1, 1), activation));
        }
        Window depthwise = Window.of(3, 1).padded(padding);
        stem.add(layer(family, "conv_stem.conv_3x3", stemSize, stemSize, depthwise.grouped(stemSize), activation));
        int in = scaled(config, CHANNELS[0]);
        stem.add(layer(family, "conv_stem.reduce_1x1", stemSize, in, Window.of(1, 1), "none"));
        int reached = 2;
        int dilation = 1;
        for (int i = 0; i < STRIDES.length; i++) {
            boolean dilates = reached == config.countOr("output_stride", 32);
            int stride = dilates ? 1 : STRIDES[i];
            int spread = dilates ? dilation : 1;
            dilation *= dilates ? STRIDES[i] : 1;
            reached *= stride;
            int out = scaled(config, CHANNELS[i + 1]);
            int wide = rounded(config, in * config.numberOr("expand_ratio", 6));
            Window window = Window.of(3, stride).padded(padding).grouped(wide).dilated(spread);
            String name = "layer." + i + ".";
            layers.add(new InvertedResidual(
                    engine(),
                    Optional.of(layer(family, name + "expand_1x1", in, wide, Window.of(1, 1), activation)),
                    layer(family, name + "conv_3x3", wide, wide, window, activation),
                    Optional.empty(),
                    layer(family, name + "reduce_1x1", wide, out, Window.of(1, 1), "none"),
                    stride == 1 && in == out,
                    0));
            in = out;
        }
        boolean wholeOutput = config.flagOr("finegrained_output", true) && config.numberOr("depth_multiplier", 1) < 1;
        int hidden = wholeOutput ? 1280 : scaled(config, 1280);
        ConvNorm last = layer(family, "conv_1x1", in, hidden, Window.of(1, 1), activation);
        chain = new ResidualChain(stem, layers, last);
        head = setup.loader()
                .outputLinear("classifier", setup.labelsFit(), setup.labels().size(), hidden);
    }

    private static ConvNorm layer(
            ConvNorm.Family family, String name, int in, int out, Window window, String activation) {
        return family.layer(name + ".convolution", name + ".normalization", in, out, window, activation);
    }

    private static int scaled(ModelConfig config, int channels) {
        return rounded(config, channels * config.numberOr("depth_multiplier", 1));
    }

    private static int rounded(ModelConfig config, double channels) {
        return InvertedResidual.channels(
                Math.rint(channels), config.countOr("depth_divisible_by", 8), config.countOr("min_depth", 8));
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
        return "MobileNetV2ForImageClassification";
    }

    @Override
    Map<String, Double> dropouts() {
        return Map.of("classifier_dropout_prob", dropout);
    }
}
