package dev.finetune.trainer.model;

import ai.djl.ndarray.NDArray;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/**
 * SqueezeNet 1.0 and 1.1 (Iandola et al. 2016) with torchvision's names: fire modules, max pooling; the head is dropout, a 1 x 1
 * convolution to the labels, ReLU and the average over all places, so its input is the whole last map. transformers has no such network:
 * config.json has {@code model_type: squeezenet} and {@code version: "1_0"} or {@code "1_1"}.
 */
final class SqueezeNet extends ImageClassifier {
    private static final int HIDDEN = 512;

    private record Fire(List<NDArray> squeeze, List<NDArray> narrow, List<NDArray> wide) {}

    private final double dropout;
    private final Window stemWindow;
    private final List<NDArray> stem;
    /** By the index that torchvision gives them; the indices between are pooling. */
    private final Map<Integer, Fire> fires = new LinkedHashMap<>();

    private final List<NDArray> head;

    SqueezeNet(Setup setup) {
        super(setup);
        ModelConfig config = setup.config();
        ParameterLoader p = setup.loader();
        dropout = setup.options().dropout().orElse(config.numberOr("dropout", 0.5));
        String version = config.textOr("version", "1_0");
        if (!version.equals("1_0") && !version.equals("1_1")) {
            throw config.invalid("version", "1_0 or 1_1");
        }
        boolean old = version.equals("1_0");
        int kernel = old ? 7 : 3;
        int in = old ? 96 : 64;
        stemWindow = Window.of(kernel, 2).padded(Window.Padding.NONE);
        stem = p.convolution("features.0", 3, in, kernel);
        int[] places = old ? new int[] {3, 4, 5, 7, 8, 9, 10, 12} : new int[] {3, 4, 6, 7, 9, 10, 11, 12};
        for (int i = 0; i < places.length; i++) {
            int squeezed = 16 * (i / 2 + 1);
            int out = 4 * squeezed;
            String name = "features." + places[i] + ".";
            fires.put(
                    places[i],
                    new Fire(
                            p.convolution(name + "squeeze", in, squeezed, 1),
                            p.convolution(name + "expand1x1", squeezed, out, 1),
                            p.convolution(name + "expand3x3", squeezed, out, 3)));
            in = 2 * out;
        }
        head = p.outputConvolution(
                "classifier.1", setup.labelsFit(), setup.labels().size(), HIDDEN);
    }

    @Override
    NDArray headInput(PixelBatch batch, Pass pass) {
        return after(lastMap(batch, pass), pass, "flatten");
    }

    /** The average over the map, which the head itself never sees. */
    @Override
    public Map<Pooling, NDArray> features(PixelBatch batch) {
        Pass pass = new Pass(false, false);
        return Map.of(pooling(), after(lastMap(batch, pass), pass, "global_mean"));
    }

    private NDArray lastMap(PixelBatch batch, Pass pass) {
        NDArray x = convolved(batch.pixels(), pass, stem, stemWindow);
        int last = 1;
        for (Map.Entry<Integer, Fire> place : fires.entrySet()) {
            if (place.getKey() > last + 1) {
                x = after(x, pass, "max_pool", 3, 2, 0, 1);
            }
            last = place.getKey();
            Fire fire = place.getValue();
            NDArray squeezed = convolved(x, pass, fire.squeeze, Window.of(1, 1));
            NDArray narrow = convolved(squeezed, pass, fire.narrow, Window.of(1, 1));
            NDArray wide = convolved(squeezed, pass, fire.wide, Window.of(3, 1));
            x.close();
            x = engine().kernels().run(batch.scope(), pass.training(), "concatenate", List.of(narrow, wide));
            squeezed.close();
            narrow.close();
            wide.close();
        }
        return x;
    }

    private NDArray convolved(NDArray x, Pass pass, List<NDArray> tensors, Window window) {
        return engine().kernels().run(x.getManager(), pass.training(), "conv", x, tensors, window.over(0, 0), "relu");
    }

    @Override
    public NDArray logitsFromHeadInput(NDArray headInput, boolean training) {
        return engine().kernels()
                .run(headInput.getManager(), training, "conv_head", headInput, head, training ? dropout : 0.0);
    }

    /** It takes the map before it is averaged. */
    @Override
    public boolean headTakesFeatures() {
        return false;
    }

    @Override
    OptionalInt onlyEdge() {
        return OptionalInt.empty();
    }

    /** Three times pooling leaves nothing of a map below 8 x 8, which is what the first convolution makes of this. */
    @Override
    int leastEdge() {
        return stemWindow.leastFor(8);
    }

    @Override
    String architecture() {
        return "SqueezeNet";
    }

    @Override
    Map<String, Double> dropouts() {
        return Map.of("dropout", dropout);
    }
}
