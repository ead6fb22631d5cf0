package dev.finetune.trainer.training;

import ai.djl.ndarray.NDManager;
import dev.finetune.trainer.model.Network;
import dev.finetune.trainer.model.Pooling;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/**
 * What the frozen backbone makes of inputs, {@code [examples][hidden]} for each way of pooling, one of which is the head's input. Inputs of
 * like length are computed together, always in the same batches.
 */
record FrozenFeatures(Map<Pooling, float[][]> byPooling) {
    private static final int ROWS = 32;

    /** Computes them for all inputs; {@code done} hears how many are. */
    static <B> FrozenFeatures of(Network<B> model, ModelInputs<B> inputs, IntConsumer done) {
        Map<Pooling, float[][]> features = new EnumMap<>(Pooling.class);
        int[] lengths = inputs.lengths();
        int[] order = IntStream.range(0, lengths.length)
                .boxed()
                .sorted(Comparator.comparingInt(i -> -lengths[i]))
                .mapToInt(Integer::intValue)
                .toArray();
        List<int[]> batches = IntStream.range(0, Math.ceilDiv(order.length, ROWS))
                .mapToObj(i -> Arrays.copyOfRange(order, i * ROWS, Math.min(order.length, (i + 1) * ROWS)))
                .toList();
        inputs.ahead(0, batches);
        int count = 0;
        for (int[] rows : batches) {
            try (NDManager scope = model.engine().newScope()) {
                model.features(inputs.batch(scope, rows))
                        .forEach((pooling, values) -> scatter(
                                values.toFloatArray(),
                                rows,
                                features.computeIfAbsent(pooling, _ -> new float[lengths.length][])));
            }
            count += rows.length;
            done.accept(count);
        }
        return new FrozenFeatures(features);
    }

    /** The ways of pooling that there are, in their order. */
    List<Pooling> poolings() {
        return byPooling.keySet().stream().sorted().toList();
    }

    /** The vectors of that pooling. */
    float[][] pooled(Pooling pooling) {
        return Objects.requireNonNull(byPooling.get(pooling), pooling::name);
    }

    private static void scatter(float[] values, int[] rows, float[][] to) {
        int width = values.length / rows.length;
        for (int i = 0; i < rows.length; i++) {
            to[rows[i]] = Arrays.copyOfRange(values, i * width, (i + 1) * width);
        }
    }
}
