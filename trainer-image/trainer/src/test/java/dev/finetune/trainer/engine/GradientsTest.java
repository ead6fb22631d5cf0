package dev.finetune.trainer.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.finetune.api.FailureClass;
import dev.finetune.api.Optimizer;
import dev.finetune.api.run.StageException;
import dev.finetune.trainer.GarbageCollection;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GradientsTest {
    private static final int ROWS = 3;
    private static final int LENGTH = 4;
    private static final int HIDDEN = 4;

    private final TorchEngine engine = TorchEngine.start();
    private final NDManager root = engine.newScope();
    private final Random random = new Random(11);

    @AfterEach
    void free() {
        root.close();
    }

    private interface Block {
        NDArray run(NDManager scope, List<NDArray> inputs, boolean record);
    }

    @ParameterizedTest
    @ValueSource(strings = {"gelu", "relu", "gelu_new"})
    void an_encoder_layers_gradient_equals_finite_differences(String activation) {
        NDArray mask = root.create(new long[] {1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 0}, new Shape(ROWS, LENGTH));
        List<NDArray> inputs = new ArrayList<>(List.of(random(1, ROWS, LENGTH, HIDDEN)));
        for (int i = 0; i < 4; i++) {
            inputs.addAll(List.of(random(1, HIDDEN, HIDDEN), random(1, HIDDEN)));
        }
        inputs.addAll(List.of(random(1, HIDDEN), random(1, HIDDEN)));
        inputs.addAll(List.of(random(1, 6, HIDDEN), random(1, 6), random(1, HIDDEN, 6), random(1, HIDDEN)));
        inputs.addAll(List.of(random(1, HIDDEN), random(1, HIDDEN)));
        checkAgainstDifferences(inputs, (scope, x, record) -> {
            NDArray additive = engine.kernels().run(scope, false, "attention_mask", mask);
            return engine.kernels()
                    .run(
                            scope,
                            record,
                            "encoder_layer",
                            x.getFirst(),
                            additive,
                            x.subList(1, x.size()),
                            2,
                            1e-5,
                            activation,
                            0.0,
                            0.0,
                            0.0);
        });
    }

    @Test
    void the_embeddings_gradient_equals_finite_differences() {
        NDArray ids = root.create(new long[] {1, 2, 3, 0, 2, 2, 1, 0, 4, 3, 2, 1}, new Shape(ROWS, LENGTH));
        NDArray types = root.create(new long[ROWS * LENGTH], new Shape(ROWS, LENGTH));
        NDArray order = root.create(new long[] {0, 1, 2, 3}, new Shape(LENGTH));
        List<NDArray> typed = List.of(
                random(1, 5, HIDDEN), random(1, 4, HIDDEN), random(1, 2, HIDDEN), random(1, HIDDEN), random(1, HIDDEN));
        checkAgainstDifferences(
                typed,
                (scope, w, record) -> engine.kernels().run(scope, record, "embed", ids, types, order, w, 1e-5, 0.0));
        List<NDArray> untyped =
                List.of(random(1, 5, HIDDEN), random(1, 4, HIDDEN), random(1, HIDDEN), random(1, HIDDEN));
        checkAgainstDifferences(
                untyped,
                (scope, w, record) -> engine.kernels().run(scope, record, "embed_untyped", ids, order, w, 1e-5, 0.0));
    }

    @ParameterizedTest
    @CsvSource({"1, gelu, attention_mask", "0, gelu_new, window_mask"})
    void a_rotary_layers_gradient_equals_finite_differences(int normed, String activation, String masking) {
        // Padding that sees nothing at all has no gradient worth the name, and nothing ever looks at it.
        NDArray mask = root.create(new long[] {1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1, 0}, new Shape(ROWS, LENGTH));
        List<NDArray> norm = List.of(random(0.5, HIDDEN), random(0.5, HIDDEN));
        List<NDArray> inputs = new ArrayList<>(List.of(random(0.5, ROWS, LENGTH, HIDDEN)));
        inputs.addAll(List.of(random(0.5, 3 * HIDDEN, HIDDEN), random(0.5, 3 * HIDDEN)));
        inputs.addAll(List.of(random(0.5, HIDDEN, HIDDEN), random(0.5, HIDDEN)));
        inputs.addAll(List.of(random(0.5, HIDDEN), random(0.5, HIDDEN)));
        inputs.addAll(List.of(random(0.5, 10, HIDDEN), random(0.5, 10), random(0.5, HIDDEN, 5), random(0.5, HIDDEN)));
        if (normed == 1) {
            inputs.addAll(norm);
        }
        checkAgainstDifferences(inputs, (scope, x, record) -> {
            NDArray additive = masking.equals("window_mask")
                    ? engine.kernels().run(scope, false, "window_mask", mask, 1)
                    : engine.kernels().run(scope, false, "attention_mask", mask);
            NDArray turns = engine.kernels().run(scope, false, "rotary", LENGTH, 2, 100.0);
            List<NDArray> layer = new ArrayList<>(normed == 1 ? x.subList(11, 13) : norm);
            layer.addAll(x.subList(1, 11));
            return engine.kernels()
                    .run(
                            scope,
                            record,
                            "rotary_layer",
                            x.getFirst(),
                            additive,
                            turns,
                            layer,
                            2,
                            1e-5,
                            activation,
                            normed,
                            0.0,
                            0.0);
        });
    }

    @Test
    void the_gradients_of_projected_and_of_normed_embeddings_equal_finite_differences() {
        NDArray ids = root.create(new long[] {1, 2, 3, 0, 2, 2, 1, 0, 4, 3, 2, 1}, new Shape(ROWS, LENGTH));
        checkAgainstDifferences(
                List.of(random(1, 5, HIDDEN), random(1, HIDDEN), random(1, HIDDEN)),
                (scope, w, record) -> engine.kernels().run(scope, record, "embed_normed", ids, w, 1e-5, 0.0));
        checkAgainstDifferences(
                List.of(random(1, ROWS, LENGTH, 3), random(1, HIDDEN, 3), random(1, HIDDEN)),
                (scope, x, record) -> engine.kernels().run(scope, record, "project", x.getFirst(), x.subList(1, 3)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"gelu", "relu"})
    void a_normed_heads_gradient_equals_finite_differences(String activation) {
        List<NDArray> inputs = List.of(
                random(1, ROWS, HIDDEN),
                random(1, HIDDEN, HIDDEN),
                random(1, HIDDEN),
                random(1, HIDDEN),
                random(1, HIDDEN),
                random(1, 3, HIDDEN),
                random(1, 3));
        checkAgainstDifferences(
                inputs,
                (scope, x, record) -> engine.kernels()
                        .run(scope, record, "normed_head", x.getFirst(), x.subList(1, 7), activation, 1e-5, 0.0));
    }

    @ParameterizedTest
    @ValueSource(strings = {"tanh", "relu", "gelu"})
    void a_heads_gradient_equals_finite_differences(String activation) {
        List<NDArray> inputs = List.of(
                random(1, ROWS, HIDDEN),
                random(1, HIDDEN, HIDDEN),
                random(1, HIDDEN),
                random(1, 3, HIDDEN),
                random(1, 3));
        checkAgainstDifferences(
                inputs,
                (scope, x, record) -> engine.kernels()
                        .run(scope, record, "head", x.getFirst(), x.subList(1, 5), activation, 0.0, 0.0));
    }

    /** A token that begins two words, as no tokenizer makes it, gets both gradients; the others get none. */
    @Test
    void the_gradient_of_words_goes_to_their_first_tokens() {
        NDArray places = root.create(new long[] {5, 1, 5, 8}, new Shape(4));
        checkAgainstDifferences(
                List.of(random(1, ROWS, LENGTH, HIDDEN)),
                (scope, x, record) -> engine.kernels().run(scope, record, "words", x.getFirst(), places));
    }

    /** The loss weighs every output differently, so that no error can cancel out. */
    private void checkAgainstDifferences(List<NDArray> inputs, Block block) {
        List<Parameter> parameters = IntStream.range(0, inputs.size())
                .mapToObj(i -> new Parameter("p" + i, inputs.get(i), false, false))
                .toList();
        parameters.forEach(p -> p.setTrainable(true));
        Function<Boolean, double[]> losses = record -> {
            try (NDManager scope = engine.newScope()) {
                float[] out = block.run(scope, inputs, record).toFloatArray();
                double sum = 0;
                for (int i = 0; i < out.length; i++) {
                    sum += out[i] * weight(i);
                }
                return new double[] {sum};
            }
        };
        try (NDManager scope = engine.newScope()) {
            NDArray out = block.run(scope, inputs, true);
            float[] weights = new float[(int) out.size()];
            for (int i = 0; i < weights.length; i++) {
                weights[i] = (float) weight(i);
            }
            NDArray loss = weighted(scope, out, weights);
            GarbageCollection.run();
            try (Gradients gradients = Gradients.of(engine, loss, parameters)) {
                for (int p = 0; p < parameters.size(); p++) {
                    float[] expected = differences(inputs.get(p), losses);
                    assertThat(gradients.arrays().get(p).toFloatArray())
                            .as("gradient of input %d", p)
                            .containsExactly(expected, within(0.03f));
                }
            }
        }
    }

    private static double weight(int i) {
        return Math.sin(i + 1.0);
    }

    private NDArray weighted(NDManager scope, NDArray out, float[] weights) {
        return engine.kernels().run(scope, true, "weighted_sum", out, scope.create(weights, out.getShape()));
    }

    private static float[] differences(NDArray array, Function<Boolean, double[]> loss) {
        float[] values = array.toFloatArray();
        float[] slopes = new float[values.length];
        float step = 1e-2f;
        for (int i = 0; i < values.length; i++) {
            float kept = values[i];
            values[i] = kept + step;
            set(array, values);
            double up = loss.apply(false)[0];
            values[i] = kept - step;
            set(array, values);
            double down = loss.apply(false)[0];
            values[i] = kept;
            set(array, values);
            slopes[i] = (float) ((up - down) / (2 * step));
        }
        return slopes;
    }

    private static void set(NDArray array, float[] values) {
        array.toByteBuffer(true).order(ByteOrder.nativeOrder()).asFloatBuffer().put(values);
    }

    @Test
    void gradients_survive_a_garbage_collection_between_forward_and_backward() {
        NDArray mask = root.create(new long[] {1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 0}, new Shape(ROWS, LENGTH));
        List<Parameter> head = head();
        float[] first = null;
        for (int repetition = 0; repetition < 20; repetition++) {
            try (NDManager scope = engine.newScope()) {
                engine.seed(3);
                NDArray x = scope.create(new float[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 8, 7, 6}, new Shape(ROWS, HIDDEN));
                NDArray logits = engine.kernels().run(scope, true, "head", x, arrays(head), "tanh", 0.1, 0.1);
                NDArray loss = new CrossEntropy(engine, 0.1, Optional.of(List.of(1f, 2f, 3f)))
                        .of(logits, new int[] {0, 1, 2}, 3, true);
                GarbageCollection.run();
                try (Gradients gradients = Gradients.of(engine, loss, head)) {
                    float[] now = gradients.arrays().getFirst().toFloatArray();
                    first = first == null ? now : first;
                    assertThat(now).isEqualTo(first);
                }
            }
        }
        assertThat(mask.isReleased()).isFalse();
    }

    @Test
    void micro_batches_of_any_size_add_up_to_the_step() {
        List<Parameter> head = head();
        CrossEntropy loss = new CrossEntropy(engine, 0.1, Optional.of(List.of(1f, 2f, 3f)));
        float[] x = new float[32 * HIDDEN];
        int[] targets = new int[32];
        for (int i = 0; i < x.length; i++) {
            x[i] = (float) random.nextGaussian();
        }
        for (int i = 0; i < 32; i++) {
            targets[i] = random.nextInt(3);
        }
        float[] whole = gradient(head, loss, x, targets, 32);
        assertThat(gradient(head, loss, x, targets, 8, 8, 8, 8)).containsExactly(whole, within(1e-6f));
        assertThat(gradient(head, loss, x, targets, 1, 20, 4, 7)).containsExactly(whole, within(1e-6f));
    }

    private float[] gradient(List<Parameter> head, CrossEntropy loss, float[] x, int[] targets, int... sizes) {
        double divisor = loss.divisor(targets);
        Gradients total = null;
        int from = 0;
        for (int size : sizes) {
            try (NDManager scope = engine.newScope()) {
                float[] part = java.util.Arrays.copyOfRange(x, from * HIDDEN, (from + size) * HIDDEN);
                int[] partTargets = java.util.Arrays.copyOfRange(targets, from, from + size);
                NDArray logits = engine.kernels()
                        .run(
                                scope,
                                true,
                                "head",
                                scope.create(part, new Shape(size, HIDDEN)),
                                arrays(head),
                                "tanh",
                                0.0,
                                0.0);
                Gradients gradients = Gradients.of(engine, loss.of(logits, partTargets, divisor, true), head);
                if (total == null) {
                    total = gradients;
                } else {
                    total.add(gradients);
                    gradients.close();
                }
                from += size;
            }
        }
        try (Gradients all = total) {
            return all.arrays().getFirst().toFloatArray();
        }
    }

    @Test
    void clipping_scales_down_to_the_limit_and_never_up_and_shows_what_is_not_a_number() {
        List<Parameter> head = head();
        try (NDManager scope = engine.newScope()) {
            try (Gradients large = gradients(scope, head, 1)) {
                double norm = large.globalNorm();
                assertThat(large.clip(norm / 2)).isEqualTo(norm);
                assertThat(large.globalNorm()).isCloseTo(norm / 2, within(1e-5));
                assertThat(large.clip(norm)).isCloseTo(norm / 2, within(1e-5));
                assertThat(large.globalNorm()).isCloseTo(norm / 2, within(1e-5));
            }
            try (Gradients broken = gradients(scope, head, Float.NaN)) {
                assertThat(broken.globalNorm()).isNaN();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"AdamW", "Adam", "SGD"})
    void an_optimizer_that_is_restored_goes_on_with_the_same_bytes(Optimizer kind, @TempDir Path temp)
            throws IOException {
        List<Parameter> head = head();
        float[] start = head.getFirst().array().toFloatArray();
        try (OptimizerStep straight = new OptimizerStep(engine, kind, 0.1);
                OptimizerStep resumed = new OptimizerStep(engine, kind, 0.1)) {
            step(head, straight);
            step(head, straight);
            List<float[]> middle =
                    head.stream().map(p -> p.array().toFloatArray()).toList();
            assertThat(middle.getFirst()).isNotEqualTo(start);
            SafetensorsWriter.write(temp.resolve("state.safetensors"), RawTensor.copyOf(straight.state()));
            step(head, straight);
            float[] end = head.getFirst().array().toFloatArray();

            resumed.restore(Weights.ofFile(temp.resolve("state.safetensors")), head);
            for (int i = 0; i < head.size(); i++) {
                set(head.get(i).array(), middle.get(i));
            }
            step(head, resumed);
            assertThat(head.getFirst().array().toFloatArray()).isEqualTo(end);
        }
    }

    @Test
    void a_parameter_that_is_trained_later_is_corrected_for_bias_from_its_own_first_step() {
        List<Parameter> head = head();
        try (OptimizerStep optimizer = new OptimizerStep(engine, Optimizer.AdamW, 0)) {
            for (int i = 0; i < 50; i++) {
                step(head.subList(2, 4), optimizer);
            }
            float[] before = head.getFirst().array().toFloatArray();
            step(head, optimizer);
            float[] after = head.getFirst().array().toFloatArray();
            for (int i = 0; i < before.length; i++) {
                assertThat(Math.abs(after[i] - before[i]))
                        .as("a first Adam step is the learning rate")
                        .isCloseTo(0.01f, within(1e-4f));
            }
        }
    }

    @Test
    void memory_that_can_not_be_had_is_told_with_sizes() {
        assertThatThrownBy(() -> {
                    try {
                        root.zeros(new Shape(1L << 45), DataType.FLOAT32);
                    } catch (RuntimeException e) {
                        throw MemoryShortage.translate(e, "the forward pass");
                    }
                })
                .isInstanceOfSatisfying(
                        StageException.class, e -> assertThat(e.failure()).isEqualTo(FailureClass.OutOfMemory))
                .hasMessageContaining("memory ran out in the forward pass")
                .hasMessageContaining("140737488355328")
                .hasMessageContaining("MiB");
        assertThat(MemoryShortage.isShortage(new OutOfMemoryError("Java heap space")))
                .isTrue();
        assertThat(MemoryShortage.isShortage(new IllegalStateException("something else")))
                .isFalse();
    }

    private void step(List<Parameter> trained, OptimizerStep optimizer) {
        trained.forEach(p -> p.setTrainable(true));
        try (NDManager scope = engine.newScope();
                Gradients gradients =
                        gradients(scope, trained.size() == 4 ? trained : withFirstTwo(trained), 1, trained)) {
            optimizer.apply(gradients, 0.01);
        }
    }

    private List<Parameter> lastHead = List.of();

    private List<Parameter> withFirstTwo(List<Parameter> lastTwo) {
        return List.of(lastHead.get(0), lastHead.get(1), lastTwo.get(0), lastTwo.get(1));
    }

    private Gradients gradients(NDManager scope, List<Parameter> head, float scale) {
        return gradients(scope, head, scale, head);
    }

    private Gradients gradients(NDManager scope, List<Parameter> head, float scale, List<Parameter> of) {
        NDArray x = scope.create(new float[] {scale, 2, 3, 4, 5, 6, 7, 8, 9, 8, 7, 6}, new Shape(ROWS, HIDDEN));
        NDArray logits = engine.kernels().run(scope, true, "head", x, arrays(head), "tanh", 0.0, 0.0);
        return Gradients.of(engine, CrossEntropy.plain(engine).of(logits, new int[] {0, 1, 2}, 3, true), of);
    }

    private List<Parameter> head() {
        lastHead = List.of(
                new Parameter("dense.weight", random(0.1, HIDDEN, HIDDEN), true, true),
                new Parameter("dense.bias", random(0.1, HIDDEN), true, false),
                new Parameter("out.weight", random(0.1, 3, HIDDEN), true, true),
                new Parameter("out.bias", random(0.1, 3), true, false));
        lastHead.forEach(p -> p.setTrainable(true));
        return lastHead;
    }

    private static List<NDArray> arrays(List<Parameter> parameters) {
        return parameters.stream().map(Parameter::array).toList();
    }

    private NDArray random(double scale, long... shape) {
        float[] values = new float[(int) new Shape(shape).size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (random.nextGaussian() * scale);
        }
        return RawTensor.of(values, shape).toTensor(root);
    }
}
