package dev.finetune.trainer.training;

import ai.djl.ndarray.NDManager;
import dev.finetune.trainer.model.Pooling;
import dev.finetune.trainer.model.SequenceClassifier;
import dev.finetune.trainer.model.TokenBatch;
import dev.finetune.trainer.model.Tokens;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/**
 * What the frozen backbone makes of texts, {@code [examples][hidden]}: its last hidden state at the first token and the mean over the
 * tokens, one of which is the head's input. Texts of like length are computed together, always in the same batches.
 */
record FrozenFeatures(float[][] firstToken, float[][] mean) {
    private static final int ROWS = 32;

    /** Computes both for all texts; {@code done} hears how many are. */
    static FrozenFeatures of(SequenceClassifier model, List<Tokens> tokens, IntConsumer done) {
        FrozenFeatures features = new FrozenFeatures(new float[tokens.size()][], new float[tokens.size()][]);
        int[] order = IntStream.range(0, tokens.size())
                .boxed()
                .sorted(Comparator.comparingInt(i -> -tokens.get(i).length()))
                .mapToInt(Integer::intValue)
                .toArray();
        for (int from = 0; from < order.length; from += ROWS) {
            int[] rows = Arrays.copyOfRange(order, from, Math.min(order.length, from + ROWS));
            try (NDManager scope = model.engine().newScope()) {
                TokenBatch batch = TokenBatch.of(
                        scope, Arrays.stream(rows).mapToObj(tokens::get).toList(), model.padId());
                SequenceClassifier.Features pooled = model.pooledFeatures(batch);
                scatter(pooled.firstToken().toFloatArray(), rows, features.firstToken);
                scatter(pooled.mean().toFloatArray(), rows, features.mean);
            }
            done.accept(from + rows.length);
        }
        return features;
    }

    /** The vectors of that pooling. */
    float[][] pooled(Pooling pooling) {
        return switch (pooling) {
            case FirstToken -> firstToken;
            case Mean -> mean;
        };
    }

    private static void scatter(float[] values, int[] rows, float[][] to) {
        int width = values.length / rows.length;
        for (int i = 0; i < rows.length; i++) {
            to[rows[i]] = Arrays.copyOfRange(values, i * width, (i + 1) * width);
        }
    }
}
