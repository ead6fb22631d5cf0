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
}
