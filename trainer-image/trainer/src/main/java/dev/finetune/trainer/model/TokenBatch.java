package dev.finetune.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.List;

/**
 * Texts as token ids, padded on the right to the longest of them. All three tensors are {@code [rows, length]} int64 and live in the
 * scope they were made in; what a model computes from them lives there too.
 */
public record TokenBatch(
        NDManager scope, NDArray ids, NDArray mask, NDArray types, int rows, int length, long largestId) {
    /** A batch of single texts: every type id is 0. */
    public static TokenBatch of(NDManager scope, List<int[]> texts, int padId) {
        int rows = texts.size();
        int length = texts.stream().mapToInt(t -> t.length).max().orElse(0);
        long[] ids = new long[rows * length];
        long[] mask = new long[rows * length];
        for (int row = 0; row < rows; row++) {
            int[] text = texts.get(row);
            for (int i = 0; i < length; i++) {
                ids[row * length + i] = i < text.length ? text[i] : padId;
                mask[row * length + i] = i < text.length ? 1 : 0;
            }
        }
        return of(scope, ids, mask, new long[rows * length], rows, length);
    }

    /** A batch whose every value is given, row by row. */
    public static TokenBatch of(NDManager scope, long[] ids, long[] mask, long[] types, int rows, int length) {
        Shape shape = new Shape(rows, length);
        return new TokenBatch(
                scope,
                scope.create(ids, shape),
                scope.create(mask, shape),
                scope.create(types, shape),
                rows,
                length,
                Arrays.stream(ids).max().orElse(0));
    }

    /** The same for position ids or labels: a tensor in this batch's scope. */
    NDArray longs(long[] values, long... shape) {
        return scope.create(values, new Shape(shape));
    }
}
