package dev.finetune.trainer.model;

import ai.djl.ndarray.NDArray;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/**
 * ConvNeXt (Liu et al. 2022): a patch stem, stages of depthwise 7 x 7, layer norm and a two-layer perceptron around shortcuts, scaled by
 * channel, with stochastic depth that grows with the layer; global average and layer norm.
 */
final class ConvNext extends ImageClassifier {
    private static final double EPSILON = 1e-6;

    private record Downsampling(List<NDArray> norm, List<NDArray> convolution, Window window) {}

    private record Stage(List<Downsampling> downsampling, List<List<NDArray>> layers) {}

    private final double lastEpsilon;
    private final double pathDropout;
    private final String activation;
    private final Window patch;
    private final List<NDArray> stem;
    private final List<NDArray> stemNorm;
    private final List<Stage> stages = new ArrayList<>();
    private final List<NDArray> norm;
    private final List<NDArray> head;

    ConvNext(Setup setup) {
        super(setup);
        ModelConfig config = setup.config();
        ParameterLoader p = setup.loader();
        List<Integer> sizes = config.counts("hidden_sizes");
        List<Integer> depths = config.counts("depths", sizes.size());
        lastEpsilon = config.numberOr("layer_norm_eps", 1e-12);
        pathDropout = setup.options().dropout().orElse(config.numberOr("drop_path_rate", 0));
        activation = ConvNorm.activation(config);
        boolean scaled = config.numberOr("layer_scale_init_value", 1e-6) > 0;
        int edge = config.countOr("patch_size", 4);
        int channels = sizes.getFirst();
        patch = Window.of(edge, edge).padded(Window.Padding.NONE);
        stem = p.convolution("embeddings.patch_embeddings", 3, channels, edge);
        stemNorm = p.norm("embeddings.layernorm", channels);
        for (int i = 0; i < sizes.size(); i++) {
            String stage = "encoder.stages." + i + ".";
            int out = sizes.get(i);
            List<Downsampling> before = i == 0
                    ? List.of()
                    : List.of(new Downsampling(
                            p.norm(stage + "downsampling_layer.0", channels),
                            p.convolution(stage + "downsampling_layer.1", channels, out, 2),
                            Window.of(2, 2).padded(Window.Padding.NONE)));
            List<List<NDArray>> layers = new ArrayList<>();
            for (int j = 0; j < depths.get(i); j++) {
                layers.add(layer(p, stage + "layers." + j + ".", out, scaled));
            }
            stages.add(new Stage(before, layers));
            channels = out;
        }
        norm = p.norm("layernorm", channels);
        head = p.outputLinear("classifier", setup.labelsFit(), setup.labels().size(), channels);
    }

    private static List<NDArray> layer(ParameterLoader p, String name, int size, boolean scaled) {
        NDArray scale = scaled ? p.vector(name + "layer_scale_parameter", size) : p.constant(1, size);
        List<NDArray> tensors = new ArrayList<>();
        tensors.add(p.weight(name + "dwconv.weight", size, 1, 7, 7));
        tensors.add(p.vector(name + "dwconv.bias", size));
        tensors.addAll(p.norm(name + "layernorm", size));
        tensors.addAll(p.linear(name + "pwconv1", 4 * size, size));
        tensors.addAll(p.linear(name + "pwconv2", size, 4 * size));
        tensors.add(scale);
        return tensors;
    }

    @Override
    NDArray headInput(PixelBatch batch, Pass pass) {
        NDArray x = engine().kernels()
                .run(batch.scope(), pass.training(), "conv", batch.pixels(), stem, patch.over(0, 0), "none");
        x = after(x, pass, "channel_norm", stemNorm, EPSILON);
        int layers = stages.stream().mapToInt(s -> s.layers.size()).sum();
        int done = 0;
        for (Stage stage : stages) {
            for (Downsampling down : stage.downsampling) {
                x = after(x, pass, "channel_norm", down.norm, EPSILON);
                x = after(x, pass, "conv", down.convolution, down.window.over(0, 0), "none");
            }
            for (List<NDArray> layer : stage.layers) {
                double p = pass.training() && layers > 1 ? pathDropout * done / (layers - 1) : 0.0;
                x = after(x, pass, "convnext_layer", layer, EPSILON, activation, p);
                done++;
            }
        }
        return after(after(x, pass, "global_mean"), pass, "layer_norm", norm, lastEpsilon);
    }

    @Override
    public NDArray logitsFromHeadInput(NDArray headInput, boolean training) {
        return linearHead(headInput, head, 0, training);
    }

    @Override
    OptionalInt onlyEdge() {
        return OptionalInt.empty();
    }

    /** A patch, halved by each stage but the first. */
    @Override
    int leastEdge() {
        return patch.kernel() << stages.size() - 1;
    }

    @Override
    String architecture() {
        return "ConvNextForImageClassification";
    }

    @Override
    Map<String, Double> dropouts() {
        return Map.of("drop_path_rate", pathDropout);
    }
}
