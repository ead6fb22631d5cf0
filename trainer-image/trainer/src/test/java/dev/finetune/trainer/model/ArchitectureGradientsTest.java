package dev.finetune.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.finetune.trainer.GarbageCollection;
import dev.finetune.trainer.RandomEfficientNetLite;
import dev.finetune.trainer.RandomSqueezeNet;
import dev.finetune.trainer.engine.Gradients;
import dev.finetune.trainer.engine.Parameter;
import dev.finetune.trainer.engine.TorchEngine;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The gradients of whole networks, of every architecture that is registered, against finite differences, with a garbage collection before the way back. Of the
 * kernels that networks are made of each value is compared ({@code GradientsTest}, {@code ImageGradientsTest}). Here the slope along the gradient of each tensor is,
 * which tells one that is too long, too short or points elsewhere, and a slope of all of them in a direction that is drawn, which tells one that is missing.
 */
class ArchitectureGradientsTest {
    private static final List<String> TEXTS = List.of(
            "bert",
            "bert-tokens",
            "bert-multi-label",
            "bert-regression",
            "distilbert",
            "distilbert-tokens",
            "electra",
            "electra-wide",
            "electra-tokens",
            "electra-regression",
            "modernbert",
            "modernbert-mean",
            "modernbert-tokens",
            "modernbert-regression",
            "roberta",
            "roberta-tokens");
    private static final List<String> IMAGES =
            List.of("resnet-basic", "resnet-bottleneck", "vit", "convnext", "mobilenet-v2", "efficientnet");
    private static final LoadOptions WITHOUT_DROPOUT = new LoadOptions(0, OptionalDouble.of(0));
    private static final int ROWS = 3;
    private static final int LENGTH = 7;

    @TempDir
    private static Path made;

    private final TorchEngine engine = TorchEngine.start();
    private final Random random = new Random(7);

    /** Of some architectures there is no golden model. */
    @BeforeAll
    static void makeTheOthers() throws IOException {
        Path xlm = ModelCopy.of("roberta", made.resolve("xlm-roberta"));
        ModelCopy.config(xlm, config -> config.put("model_type", "xlm-roberta"));
        for (String version : List.of("1_0", "1_1")) {
            RandomSqueezeNet.write(Files.createDirectory(made.resolve("squeezenet-" + version)), version);
        }
        RandomEfficientNetLite.write(Files.createDirectory(made.resolve("efficientnet-lite")));
    }

    static List<Path> texts() {
        List<Path> folders = new ArrayList<>(TEXTS.stream().map(Golden::folder).toList());
        folders.add(made.resolve("xlm-roberta"));
        return folders;
    }

    static List<Path> images() {
        List<Path> folders = new ArrayList<>(
                IMAGES.stream().map(name -> Golden.folder("images/" + name)).toList());
        for (String name : List.of("squeezenet-1_0", "squeezenet-1_1", "efficientnet-lite")) {
            folders.add(made.resolve(name));
        }
        return folders;
    }

    @Test
    void every_registered_architecture_is_among_them() {
        assertThat(types(texts())).isEqualTo(Architectures.known());
        assertThat(types(images())).isEqualTo(ImageArchitectures.known());
    }

    private static Set<String> types(List<Path> folders) {
        Set<String> types = new TreeSet<>();
        folders.forEach(folder -> types.add(ModelConfig.read(folder).textOr("model_type", "")));
        return types;
    }

    @ParameterizedTest
    @MethodSource("texts")
    void a_network_of_texts(Path folder) {
        ModelConfig config = ModelConfig.read(folder);
        List<String> labels = config.labels().orElseThrow();
        try (SequenceClassifier network =
                SequenceClassifier.load(folder, labels, Problem.of(config, labels.size()), WITHOUT_DROPOUT)) {
            int types = config.countOr("type_vocab_size", 1);
            check(network, scope -> tokens(scope, network.padId(), types), 1e-4);
        }
    }

    @ParameterizedTest
    @MethodSource("images")
    void a_network_of_images(Path folder) {
        List<String> labels = ModelConfig.read(folder).labels().orElse(Golden.LABELS);
        try (ImageClassifier network = ImageArchitectures.load(folder, labels, true, WITHOUT_DROPOUT)) {
            int edge = network.onlyEdge().orElse(Math.max(16, network.leastEdge()));
            float[] values = new float[ROWS * 3 * edge * edge];
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) random.nextGaussian();
            }
            // The outputs of a new head are about 0, where SqueezeNet's ReLU has its kink.
            network.parameters().stream()
                    .filter(p -> network.newlyInitialised().contains(p.name())
                            && p.name().endsWith(".bias"))
                    .forEach(p -> set(p, new float[] {0.5f, 0.5f, 0.5f}));
            // Nothing evens SqueezeNet's activations out, so many a ReLU of its random weights is close to its kink.
            double blur = network instanceof SqueezeNet ? 1e-3 : 1e-4;
            check(network, scope -> PixelBatch.of(scope, values, ROWS, edge, edge), blur);
        }
    }

    /** Rows of different lengths, with the places of some words for networks that tag them. */
    private static TokenBatch tokens(NDManager scope, int padId, int typesKnown) {
        Random drawn = new Random(5);
        long[] ids = new long[ROWS * LENGTH];
        long[] mask = new long[ids.length];
        long[] types = new long[ids.length];
        for (int i = 0; i < ids.length; i++) {
            boolean real = i % LENGTH < LENGTH - i / LENGTH;
            ids[i] = real ? 5 + drawn.nextInt(50) : padId;
            mask[i] = real ? 1 : 0;
            types[i] = real ? drawn.nextInt(typesKnown) : 0;
        }
        return TokenBatch.of(
                scope, ids, mask, types, ROWS, LENGTH, new long[] {1, 3, 4, LENGTH + 1, LENGTH + 2, 2 * LENGTH + 2});
    }

    /** With a tolerance for rounding, as a share of the largest gradient. */
    private <B> void check(Network<B> network, Function<NDManager, B> batch, double blur) {
        List<Parameter> parameters = network.parameters();
        List<float[]> gradients = gradients(network, batch);
        double largest = gradients.stream()
                .mapToDouble(ArchitectureGradientsTest::norm)
                .max()
                .orElseThrow();
        assertThat(largest).isPositive();
        for (int p = 0; p < parameters.size(); p++) {
            float[] gradient = gradients.get(p);
            double norm = norm(gradient);
            float[] direction = norm > 0 ? unit(gradient) : drawn(gradient.length);
            checkSlope(
                    network, batch, List.of(parameters.get(p)), List.of(direction), norm, 0.02 * norm + blur * largest);
        }
        checkDrawnDirection(network, batch, gradients);
    }

    /** All tensors moved at once; what the slope of such a direction is on average would be left of one whose gradient is missing. */
    private <B> void checkDrawnDirection(Network<B> network, Function<NDManager, B> batch, List<float[]> gradients) {
        List<float[]> directions = new ArrayList<>();
        double expected = 0;
        double variance = 0;
        for (float[] gradient : gradients) {
            float[] direction = drawn(gradient.length);
            directions.add(direction);
            expected += dot(gradient, direction);
            variance += dot(gradient, gradient) / gradient.length;
        }
        checkSlope(network, batch, network.parameters(), directions, expected, 0.1 * Math.sqrt(variance));
    }

    /** A long step passes over kinks of ReLU and its like, and of a short one rounding leaves little: one of these suits. */
    private <B> void checkSlope(
            Network<B> network,
            Function<NDManager, B> batch,
            List<Parameter> parameters,
            List<float[]> directions,
            double expected,
            double tolerance) {
        List<float[]> values =
                parameters.stream().map(p -> p.array().toFloatArray()).toList();
        double size = Math.sqrt(values.stream().mapToDouble(v -> dot(v, v)).sum());
        List<Double> slopes = new ArrayList<>();
        for (double share : List.of(2e-3, 4e-4, 1e-4)) {
            double step = share * (1 + size) / Math.sqrt(parameters.size());
            double up = loss(network, batch, parameters, values, step, directions);
            double down = loss(network, batch, parameters, values, -step, directions);
            slopes.add((up - down) / (2 * step));
            if (Math.abs(slopes.getLast() - expected) <= tolerance) {
                return;
            }
        }
        throw new AssertionError("%s: expected the slope %s within %s, got %s"
                .formatted(
                        parameters.size() == 1 ? parameters.getFirst().name() : "all tensors",
                        expected,
                        tolerance,
                        slopes));
    }

    /** Those of a sum that weighs every output differently, so that no error can cancel out. */
    private <B> List<float[]> gradients(Network<B> network, Function<NDManager, B> batch) {
        try (NDManager scope = engine.newScope()) {
            NDArray out = network.logits(batch.apply(scope), true);
            float[] weights = new float[(int) out.size()];
            for (int i = 0; i < weights.length; i++) {
                weights[i] = (float) weight(i);
            }
            NDArray loss =
                    engine.kernels().run(scope, true, "weighted_sum", out, scope.create(weights, out.getShape()));
            GarbageCollection.run();
            try (Gradients gradients = Gradients.of(engine, loss, network.parameters())) {
                return gradients.arrays().stream().map(NDArray::toFloatArray).toList();
            }
        }
    }

    /** With these tensors moved, which are then put back. */
    private <B> double loss(
            Network<B> network,
            Function<NDManager, B> batch,
            List<Parameter> parameters,
            List<float[]> values,
            double step,
            List<float[]> directions) {
        for (int p = 0; p < parameters.size(); p++) {
            set(parameters.get(p), moved(values.get(p), step, directions.get(p)));
        }
        try (NDManager scope = engine.newScope()) {
            float[] out = network.logits(batch.apply(scope), false).toFloatArray();
            double sum = 0;
            for (int i = 0; i < out.length; i++) {
                sum += out[i] * weight(i);
            }
            return sum;
        } finally {
            for (int p = 0; p < parameters.size(); p++) {
                set(parameters.get(p), values.get(p));
            }
        }
    }

    private static void set(Parameter parameter, float[] values) {
        parameter
                .array()
                .toByteBuffer(true)
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer()
                .put(values);
    }

    private static double weight(int output) {
        return Math.sin(output + 1.0);
    }

    private float[] drawn(int size) {
        float[] direction = new float[size];
        for (int i = 0; i < size; i++) {
            direction[i] = (float) random.nextGaussian();
        }
        return unit(direction);
    }

    private static float[] unit(float[] values) {
        double norm = norm(values);
        float[] unit = new float[values.length];
        for (int i = 0; i < unit.length; i++) {
            unit[i] = (float) (values[i] / norm);
        }
        return unit;
    }

    private static float[] moved(float[] values, double step, float[] direction) {
        float[] moved = values.clone();
        for (int i = 0; i < moved.length; i++) {
            moved[i] += (float) (step * direction[i]);
        }
        return moved;
    }

    private static double norm(float[] values) {
        return Math.sqrt(dot(values, values));
    }

    private static double dot(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += (double) a[i] * b[i];
        }
        return sum;
    }
}
