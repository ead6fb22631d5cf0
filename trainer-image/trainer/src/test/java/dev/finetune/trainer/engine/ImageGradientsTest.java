package dev.finetune.trainer.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.finetune.trainer.GarbageCollection;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The gradients of the blocks of image networks against finite differences, with a garbage collection before the way back. */
class ImageGradientsTest {
    private static final double EPSILON = 1e-3;

    private final TorchEngine engine = TorchEngine.start();
    private final NDManager root = engine.newScope();
    private final Random random = new Random(5);

    @AfterEach
    void free() {
        root.close();
    }

    private interface Block {
        NDArray run(NDManager scope, List<NDArray> inputs, boolean record);
    }

    @ParameterizedTest
    @CsvSource({"none, 1, 1, 1, 1", "silu, 1, 1, 1, 1", "gelu, 0, 1, 0, 1", "gelu_new, 1, 2, 2, 1"})
    void a_convolutions(String activation, long left, long right, long top, long bottom) {
        long[] window = {2, 1, 1, left, right, top, bottom};
        check(
                List.of(random(2, 2, 5, 4), random(3, 2, 3, 3), random(3)),
                (scope, x, record) -> run(scope, record, "conv", x.get(0), x.subList(1, 3), window, activation));
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "silu", "gelu"})
    void a_depthwise_convolutions_with_batch_norm_on_running_statistics(String activation) {
        NDArray mean = random(4);
        NDArray variance = positive(4);
        check(
                List.of(random(2, 4, 4, 3), random(4, 1, 3, 3), random(4), random(4)),
                (scope, x, record) -> run(
                        scope,
                        record,
                        "conv_norm",
                        x.getFirst(),
                        List.of(x.get(1), x.get(2), x.get(3), mean, variance),
                        new long[] {1, 1, 4, 1, 1, 1, 1},
                        EPSILON,
                        0.1,
                        0,
                        activation));
    }

    @Test
    void batch_norms_on_the_statistics_of_the_batch_which_move_the_running_ones() {
        NDArray mean = random(3);
        NDArray variance = positive(3);
        Block block = (scope, x, record) -> run(
                scope,
                record,
                "conv_norm",
                x.getFirst(),
                List.of(x.get(1), x.get(2), x.get(3), mean, variance),
                new long[] {1, 1, 1, 0, 0, 0, 0},
                EPSILON,
                0.1,
                1,
                "none");
        float[] before = mean.toFloatArray();
        check(List.of(random(3, 2, 3, 3), random(3, 2, 1, 1), random(3), random(3)), block);
        assertThat(mean.toFloatArray()).isNotEqualTo(before);
    }

    @Test
    void squeeze_and_excitations() {
        check(
                List.of(random(2, 4, 3, 3), random(2, 4, 1, 1), random(2), random(4, 2, 1, 1), random(4)),
                (scope, x, record) -> run(scope, record, "squeeze_excite", x.get(0), x.subList(1, 5), "silu"));
    }

    @Test
    void poolings_and_sums() {
        check(List.of(apart(2, 2, 5, 5)), (scope, x, record) -> run(scope, record, "max_pool", x.get(0), 3, 2, 1, 0));
        check(List.of(apart(2, 2, 5, 5)), (scope, x, record) -> run(scope, record, "max_pool", x.get(0), 3, 2, 0, 1));
        check(List.of(random(2, 2, 3, 4)), (scope, x, record) -> run(scope, record, "global_mean", x.get(0)));
        check(
                List.of(random(2, 2, 2, 2), random(2, 2, 2, 2)),
                (scope, x, record) -> run(scope, record, "add_activate", x.get(0), x.get(1), 0.0, "silu"));
        check(
                List.of(random(2, 1, 2, 2), random(2, 2, 2, 2)),
                (scope, x, record) -> run(scope, record, "concatenate", x));
    }

    @Test
    void layer_norms_over_channels() {
        check(
                List.of(random(2, 4, 2, 3), random(4), random(4)),
                (scope, x, record) -> run(scope, record, "channel_norm", x.get(0), x.subList(1, 3), EPSILON));
    }

    @Test
    void a_convnext_layers() {
        check(
                List.of(
                        random(2, 3, 4, 4),
                        random(3, 1, 7, 7),
                        random(3),
                        random(3),
                        random(3),
                        random(6, 3),
                        random(6),
                        random(3, 6),
                        random(3),
                        random(3)),
                (scope, x, record) ->
                        run(scope, record, "convnext_layer", x.get(0), x.subList(1, 10), EPSILON, "gelu", 0.0));
    }

    @Test
    void patch_embeddings() {
        check(
                List.of(random(2, 3, 4, 4), random(5, 3, 2, 2), random(5), random(1, 1, 5), random(1, 5, 5)),
                (scope, x, record) -> run(scope, record, "patch_embed", x.get(0), x.subList(1, 5), 0.0));
    }

    @Test
    void a_vision_transformers_layers() {
        List<NDArray> inputs = new ArrayList<>(List.of(random(2, 3, 4), random(4), random(4)));
        for (int i = 0; i < 4; i++) {
            inputs.addAll(List.of(random(4, 4), random(4)));
        }
        inputs.addAll(List.of(random(4), random(4), random(6, 4), random(6), random(4, 6), random(4)));
        check(
                inputs,
                (scope, x, record) ->
                        run(scope, record, "vit_layer", x.get(0), x.subList(1, 17), 2, EPSILON, "gelu", 0.0, 0.0));
    }

    @Test
    void the_heads() {
        check(
                List.of(random(2, 4), random(3, 4), random(3)),
                (scope, x, record) -> run(scope, record, "linear_head", x.get(0), x.subList(1, 3), 0.0));
        check(
                List.of(random(2, 8), random(3, 4, 1, 1), random(3)),
                (scope, x, record) -> run(scope, record, "conv_head", x.get(0), x.subList(1, 3), 0.0));
    }

    @Test
    void stochastic_depth_drops_whole_examples() {
        try (NDManager scope = engine.newScope()) {
            engine.seed(1);
            NDArray x = scope.zeros(new Shape(64, 3, 2, 2));
            List<NDArray> w = List.of(
                    random(3, 1, 7, 7),
                    random(3),
                    random(3),
                    random(3),
                    random(6, 3),
                    random(6),
                    random(3, 6),
                    random(3),
                    random(3));
            float[] kept = run(scope, false, "convnext_layer", x, w, EPSILON, "gelu", 0.0)
                    .toFloatArray();
            float[] some = run(scope, false, "convnext_layer", x, w, EPSILON, "gelu", 0.5)
                    .toFloatArray();
            int dropped = 0;
            for (int row = 0; row < 64; row++) {
                int at = row * 12;
                boolean zero = IntStream.range(at, at + 12).allMatch(i -> some[i] == 0);
                boolean doubled = IntStream.range(at, at + 12).allMatch(i -> Math.abs(some[i] - 2 * kept[i]) < 1e-4);
                assertThat(zero ^ doubled).isTrue();
                dropped += zero ? 1 : 0;
            }
            assertThat(dropped).isBetween(16, 48);
        }
    }

    private NDArray run(NDManager scope, boolean record, String kernel, Object... arguments) {
        return engine.kernels().run(scope, record, kernel, arguments);
    }

    private void check(List<NDArray> inputs, Block block) {
        List<Parameter> parameters = IntStream.range(0, inputs.size())
                .mapToObj(i -> new Parameter("p" + i, inputs.get(i), false, false))
                .toList();
        parameters.forEach(p -> p.setTrainable(true));
        try (NDManager scope = engine.newScope()) {
            NDArray out = block.run(scope, inputs, true);
            float[] weights = new float[(int) out.size()];
            for (int i = 0; i < weights.length; i++) {
                weights[i] = (float) Math.sin(i + 1.0);
            }
            NDArray loss = run(scope, true, "weighted_sum", out, scope.create(weights, out.getShape()));
            GarbageCollection.run();
            try (Gradients gradients = Gradients.of(engine, loss, parameters)) {
                for (int p = 0; p < inputs.size(); p++) {
                    float[] expected = differences(inputs, p, block, weights);
                    float[] actual = gradients.arrays().get(p).toFloatArray();
                    assertThat(actual).hasSameSizeAs(expected);
                    for (int i = 0; i < actual.length; i++) {
                        assertThat(actual[i])
                                .as("gradient of value %d of input %d", i, p)
                                .isCloseTo(expected[i], within(0.05f + 0.02f * Math.abs(expected[i])));
                    }
                }
            }
        }
    }

    private float[] differences(List<NDArray> inputs, int p, Block block, float[] weights) {
        float[] values = inputs.get(p).toFloatArray();
        float[] slopes = new float[values.length];
        float step = 1e-2f;
        for (int i = 0; i < values.length; i++) {
            float kept = values[i];
            values[i] = kept + step;
            double up = loss(inputs, p, values, block, weights);
            values[i] = kept - step;
            double down = loss(inputs, p, values, block, weights);
            values[i] = kept;
            set(inputs.get(p), values);
            slopes[i] = (float) ((up - down) / (2 * step));
        }
        return slopes;
    }

    private double loss(List<NDArray> inputs, int p, float[] values, Block block, float[] weights) {
        set(inputs.get(p), values);
        try (NDManager scope = engine.newScope()) {
            float[] out = block.run(scope, inputs, false).toFloatArray();
            double sum = 0;
            for (int i = 0; i < out.length; i++) {
                sum += (double) out[i] * weights[i];
            }
            return sum;
        }
    }

    private static void set(NDArray array, float[] values) {
        array.toByteBuffer(true).order(ByteOrder.nativeOrder()).asFloatBuffer().put(values);
    }

    private NDArray random(long... shape) {
        float[] values = new float[(int) new Shape(shape).size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (random.nextGaussian() * 0.5);
        }
        return RawTensor.of(values, shape).toTensor(root);
    }

    /** No two values so close that a finite difference could change their order. */
    private NDArray apart(long... shape) {
        List<Float> values = new ArrayList<>();
        for (int i = 0; i < new Shape(shape).size(); i++) {
            values.add(i * 0.1f);
        }
        java.util.Collections.shuffle(values, random);
        float[] array = new float[values.size()];
        for (int i = 0; i < array.length; i++) {
            array[i] = values.get(i);
        }
        return RawTensor.of(array, shape).toTensor(root);
    }

    private NDArray positive(long... shape) {
        float[] values = new float[(int) new Shape(shape).size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = 0.5f + random.nextFloat();
        }
        return RawTensor.of(values, shape).toTensor(root);
    }
}
