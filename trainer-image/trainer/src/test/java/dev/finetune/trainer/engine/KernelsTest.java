package dev.finetune.trainer.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KernelsTest {
    private final TorchEngine engine = TorchEngine.start();

    @ParameterizedTest
    @ValueSource(doubles = {0.1, 0.5, 0.9})
    void dropout_drops_that_share_scales_the_rest_up_and_its_gradient_is_the_same_mask(double p) {
        int n = 1_000_003;
        try (NDManager scope = engine.newScope()) {
            NDArray ones = scope.ones(new Shape(n), DataType.FLOAT32);
            ones.setRequiresGradient(true);
            engine.seed(1);
            NDArray dropped = engine.kernels().run(scope, true, "drop", ones, p);
            float[] values = dropped.toFloatArray();
            int zeros = 0;
            double runs = 0;
            for (int i = 0; i < n; i++) {
                zeros += values[i] == 0 ? 1 : 0;
                runs += i > 0 && (values[i] == 0) == (values[i - 1] == 0) ? 1 : 0;
            }
            double sigma = Math.sqrt(p * (1 - p) / n);
            assertThat(zeros / (double) n).isCloseTo(p, within(5 * sigma));
            assertThat(runs / n)
                    .as("neighbours are independent")
                    .isCloseTo(p * p + (1 - p) * (1 - p), within(10 * sigma));
            for (float v : values) {
                assertThat(v == 0 || Math.abs(v - 1 / (1 - p)) < 1e-3).isTrue();
            }
            NDArray loss = engine.kernels()
                    .run(scope, true, "weighted_sum", dropped, scope.ones(new Shape(n), DataType.FLOAT32));
            try (Gradients gradients = Gradients.of(engine, loss, List.of(new Parameter("x", ones, false, false)))) {
                assertThat(gradients.arrays().getFirst().toFloatArray()).isEqualTo(values);
            }
        }
    }

    @Test
    void attention_with_dropout_is_on_average_attention_without() {
        try (NDManager scope = engine.newScope()) {
            engine.seed(2);
            NDArray q = scope.randomNormal(new Shape(2, 2, 5, 4));
            NDArray k = scope.randomNormal(new Shape(2, 2, 5, 4));
            NDArray v = scope.randomNormal(new Shape(2, 2, 5, 4));
            NDArray mask = engine.kernels()
                    .run(
                            scope,
                            false,
                            "attention_mask",
                            scope.create(new long[] {1, 1, 1, 1, 1, 1, 1, 1, 0, 0}, new Shape(2, 5)));
            float[] exact = engine.kernels()
                    .run(scope, false, "attend", q, k, v, mask, 0.0)
                    .toFloatArray();
            float[] rarely = engine.kernels()
                    .run(scope, false, "attend", q, k, v, mask, 1e-4)
                    .toFloatArray();
            assertThat(rarely).containsExactly(exact, within(1e-3f));
            double[] mean = new double[exact.length];
            int draws = 4000;
            for (int i = 0; i < draws; i++) {
                try (NDArray drawn = engine.kernels().run(scope, false, "attend", q, k, v, mask, 0.2)) {
                    float[] values = drawn.toFloatArray();
                    for (int j = 0; j < values.length; j++) {
                        mean[j] += values[j] / draws;
                    }
                }
            }
            for (int j = 0; j < mean.length; j++) {
                assertThat(mean[j]).isCloseTo(exact[j], within(0.06));
            }
        }
    }

    @Test
    void a_window_hides_padding_and_what_is_farther_than_its_reach() {
        try (NDManager scope = engine.newScope()) {
            NDArray mask = scope.create(new long[] {1, 1, 1, 1, 1, 1, 1, 0}, new Shape(2, 4));
            float[] window =
                    engine.kernels().run(scope, false, "window_mask", mask, 1).toFloatArray();
            for (int i = 0; i < window.length; i++) {
                int row = i / 16;
                int query = i / 4 % 4;
                int key = i % 4;
                boolean seen = Math.abs(query - key) <= 1 && !(row == 1 && key == 3);
                assertThat(window[i]).as("%d: %d to %d", row, query, key).isEqualTo(seen ? 0f : -Float.MAX_VALUE);
            }
        }
    }

    @Test
    void attention_with_dropout_keeps_to_the_window() {
        try (NDManager scope = engine.newScope()) {
            engine.seed(4);
            NDArray mask = scope.create(new long[] {1, 1, 1, 1, 1, 1, 1, 1, 1, 0}, new Shape(2, 5));
            NDArray window = engine.kernels().run(scope, false, "window_mask", mask, 1);
            NDArray q = scope.randomNormal(new Shape(2, 2, 5, 4));
            NDArray k = scope.randomNormal(new Shape(2, 2, 5, 4));
            NDArray v = scope.randomNormal(new Shape(2, 2, 5, 4));
            float[] exact = engine.kernels()
                    .run(scope, false, "attend", q, k, v, window, 0.0)
                    .toFloatArray();
            assertThat(engine.kernels()
                            .run(scope, false, "attend", q, k, v, window, 1e-5)
                            .toFloatArray())
                    .containsExactly(exact, within(1e-3f));
        }
    }

    @Test
    void what_a_query_makes_of_a_key_depends_on_their_distance_alone() {
        int length = 9;
        try (NDManager scope = engine.newScope()) {
            engine.seed(3);
            NDArray turns = engine.kernels().run(scope, false, "rotary", length, 4, 50.0);
            float[] q = turned(scope, turns, length);
            float[] k = turned(scope, turns, length);
            double first = product(q, 0, k, 3);
            assertThat(first).isNotCloseTo(product(q, 0, k, 2), within(1e-3));
            for (int at = 1; at + 3 < length; at++) {
                assertThat(product(q, at, k, at + 3)).isCloseTo(first, within(1e-5));
            }
        }
    }

    /** The same random vector of four at every position, turned. */
    private float[] turned(NDManager scope, NDArray turns, int length) {
        NDArray same = scope.randomNormal(new Shape(1, 4)).broadcast(new Shape(length, 4));
        return engine.kernels().run(scope, false, "turn", same, turns).toFloatArray();
    }

    private static double product(float[] a, int i, float[] b, int j) {
        double sum = 0;
        for (int d = 0; d < 4; d++) {
            sum += (double) a[4 * i + d] * b[4 * j + d];
        }
        return sum;
    }
}
