package dev.finetune.trainer.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class BinaryCrossEntropyTest {
    private static final float[] LOGITS = {0, -1.5f, 3, 40, -40, 0.25f};
    private static final float[] TARGETS = {1, 0, 1, 0, 1, 0};

    private final TorchEngine engine = TorchEngine.start();

    /** The derivative of the loss by a logit is its probability less its target, over the divisor. */
    @Test
    void lossAndGradientAreThoseOfTheDefinition() {
        double loss = 0;
        float[] gradient = new float[LOGITS.length];
        for (int i = 0; i < LOGITS.length; i++) {
            double p = 1 / (1 + Math.exp(-LOGITS[i]));
            // The logarithm of 1 + e^x, which is x for large ones.
            loss += Math.log1p(Math.exp(-Math.abs(LOGITS[i]))) + Math.max(LOGITS[i], 0) - LOGITS[i] * TARGETS[i];
            gradient[i] = (float) ((p - TARGETS[i]) / 12);
        }

        Computed whole = computed(0, 2, 12);

        assertThat((double) whole.loss).isCloseTo(loss / 12, within(1e-5));
        assertThat(whole.gradient).containsExactly(gradient, within(1e-6f));
    }

    @Test
    void rowsApartAddUpToRowsTogether() {
        Computed whole = computed(0, 2, 6);
        Computed first = computed(0, 1, 6);
        Computed second = computed(1, 2, 6);

        assertThat(first.loss + second.loss).isCloseTo(whole.loss, within(1e-5f));
        float[] gradients = Arrays.copyOf(first.gradient, 6);
        System.arraycopy(second.gradient, 0, gradients, 3, 3);
        assertThat(gradients).containsExactly(whole.gradient, within(1e-7f));
    }

    private record Computed(float loss, float[] gradient) {}

    /** Of some of the two rows of three labels. */
    private Computed computed(int from, int to, double divisor) {
        try (NDManager scope = engine.newScope()) {
            NDArray logits = scope.create(Arrays.copyOfRange(LOGITS, 3 * from, 3 * to), new Shape(to - from, 3));
            logits.setRequiresGradient(true);
            NDArray loss = new BinaryCrossEntropy(engine)
                    .of(logits, Arrays.copyOfRange(TARGETS, 3 * from, 3 * to), divisor, true);
            try (Gradients gradients =
                    Gradients.of(engine, loss, List.of(new Parameter("logits", logits, false, false)))) {
                return new Computed(
                        loss.getFloat(), gradients.arrays().getFirst().toFloatArray());
            }
        }
    }
}
