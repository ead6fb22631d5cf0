package dev.finetune.trainer.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.finetune.api.Imbalance;
import dev.finetune.trainer.dataset.Example;
import dev.finetune.trainer.engine.Gradients;
import dev.finetune.trainer.engine.Parameter;
import dev.finetune.trainer.engine.TorchEngine;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClassBalanceTest {
    private static final List<String> LABELS = List.of("a", "b", "c");
    private static final int ROWS = 32;

    @Test
    void weightsAreThoseOfScikitLearnsBalanced() {
        // compute_class_weight("balanced", classes=[0, 1, 2], y=[0] * 20 + [1] * 8 + [2] * 4)
        assertThat(balance(Imbalance.ClassWeights, 20, 8, 4).weights().orElseThrow())
                .containsExactly(0.53333336f, 1.3333334f, 2.6666667f);
        assertThat(balance(Imbalance.None, 20, 8, 4).weights()).isEmpty();
        assertThat(balance(Imbalance.Oversample, 20, 8, 4).weights()).isEmpty();
    }

    @Test
    void itIsToldInWords() {
        assertThat(balance(Imbalance.None, 20, 8, 4).described()).isEmpty();
        assertThat(balance(Imbalance.ClassWeights, 20, 8, 4).described())
                .contains("ClassWeights: c 2.67, b 1.33, a 0.533");
        assertThat(balance(Imbalance.Oversample, 20, 8, 4).described())
                .contains(
                        "Oversample: 60 examples an epoch instead of 32, each c 5.00 times, b 2.50 times, a 1.00 times");
        assertThat(balance(Imbalance.Oversample, 200, 100, 4).described())
                .contains(
                        "Oversample: 440 examples an epoch instead of 304, each c 10.0 times, b 2.00 times, a 1.00 times;"
                                + " at most 10 times, so some labels stay rarer");
    }

    @Test
    void ofManyLabelsTheLargestAreToldAndTheLast() {
        List<String> labels = IntStream.range(0, 30).mapToObj(i -> "label" + i).toList();
        int[] train = IntStream.range(0, 30)
                .flatMap(label -> IntStream.generate(() -> label).limit(label + 1))
                .toArray();

        String told = new ClassBalance(Imbalance.ClassWeights, labels, train)
                .described()
                .orElseThrow();

        assertThat(told).startsWith("ClassWeights: label0 15.5, label1 7.75,").endsWith(", down to label29 0.517");
        assertThat(told.split("label")).hasSize(11);
    }

    // The expected numbers are those of torch 2.7.1: torch.nn.CrossEntropyLoss(weight=w, label_smoothing=s)(x, y) with
    // w as above, x[i][j] = sin(1.7 i + 2.3 j + 0.1 i j) in float32 and y = [0] * 20 + [1] * 8 + [2] * 4, and its
    // gradient.
    @ParameterizedTest
    @CsvSource({"0, 1.2297560, -0.011874827, -0.059477657", "0.1, 1.3056996, -0.0098852115, -0.054955848"})
    void lossAndGradientAreThoseOfTorchWhateverTheMicroBatches(double smoothing, float loss, float first, float last) {
        float[] whole = new float[ROWS * 3];
        for (int[] sizes : new int[][] {{32}, {8, 8, 8, 8}, {1, 20, 4, 7}}) {
            Objective objective = objective(smoothing);
            Result result = gradient(objective, sizes);

            assertThat(result.loss()).isCloseTo(loss, within(1e-6f));
            assertThat(result.gradient()[0]).isCloseTo(first, within(1e-7f));
            assertThat(result.gradient()[ROWS * 3 - 1]).isCloseTo(last, within(1e-7f));
            if (sizes.length == 1) {
                whole = result.gradient();
            }
            assertThat(result.gradient()).containsExactly(whole, within(1e-7f));
        }
    }

    private record Result(float loss, float[] gradient) {}

    /** The loss of a step in these micro-batches, and its gradient for the logits of all rows. */
    private static Result gradient(Objective objective, int[] sizes) {
        TorchEngine engine = TorchEngine.start();
        double divisor = objective.divisor(IntStream.range(0, ROWS).toArray());
        float loss = 0;
        List<float[]> gradients = new ArrayList<>();
        int from = 0;
        for (int size : sizes) {
            try (NDManager scope = engine.newScope()) {
                NDArray logits = scope.create(logits(from, size), new Shape(size, 3));
                Parameter rows = new Parameter("rows", logits, true, false);
                rows.setTrainable(true);
                NDArray part = objective.loss(
                        logits, IntStream.range(from, from + size).toArray(), divisor);
                loss += part.getFloat();
                try (Gradients of = Gradients.of(engine, part, List.of(rows))) {
                    gradients.add(of.arrays().getFirst().toFloatArray());
                }
            }
            from += size;
        }
        float[] all = new float[ROWS * 3];
        int at = 0;
        for (float[] part : gradients) {
            System.arraycopy(part, 0, all, at, part.length);
            at += part.length;
        }
        return new Result(loss, all);
    }

    private static float[] logits(int from, int size) {
        float[] values = new float[size * 3];
        for (int i = 0; i < size; i++) {
            for (int j = 0; j < 3; j++) {
                int row = from + i;
                values[i * 3 + j] = (float) Math.sin(1.7 * row + 2.3 * j + 0.1 * row * j);
            }
        }
        return values;
    }

    private static Objective objective(double smoothing) {
        int[] labels = labels(20, 8, 4);
        List<Example> train = IntStream.range(0, labels.length)
                .mapToObj(i -> new Example("row:" + i, "%016x".formatted(i), "text", LABELS.get(labels[i])))
                .toList();
        return new LabelObjective(
                TorchEngine.start(),
                new Objective.Targets(LABELS, train, train),
                smoothing,
                Imbalance.ClassWeights,
                new SelectionRule("accuracy", null, null, 0));
    }

    private static ClassBalance balance(Imbalance imbalance, int... counts) {
        return new ClassBalance(imbalance, LABELS, labels(counts));
    }

    private static int[] labels(int... counts) {
        return IntStream.range(0, counts.length)
                .flatMap(label -> IntStream.generate(() -> label).limit(counts[label]))
                .toArray();
    }
}
