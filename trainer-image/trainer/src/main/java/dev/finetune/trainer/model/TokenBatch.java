package dev.finetune.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;

/**
 * Inputs as token ids, padded on the right to the longest of them. All three tensors are {@code [rows, length]} int64 and live in the
 * scope they were made in; what a model computes from them lives there too.
 *
 * @param words where the first tokens of words are, counted over all rows one after the other; empty where inputs are not cut into words
 */
public record TokenBatch(
        NDManager scope, NDArray ids, NDArray mask, NDArray types, int rows, int length, long largestId, long[] words) {
    /** A batch of tokenised inputs. */
    public static TokenBatch of(NDManager scope, List<Tokens> inputs, int padId) {
        int rows = inputs.size();
        int length = inputs.stream().mapToInt(Tokens::length).max().orElse(0);
        long[] ids = new long[rows * length];
        long[] mask = new long[rows * length];
        long[] types = new long[rows * length];
        for (int row = 0; row < rows; row++) {
            Tokens tokens = inputs.get(row);
            for (int i = 0; i < length; i++) {
                int at = row * length + i;
                boolean real = i < tokens.length();
                ids[at] = real ? tokens.ids()[i] : padId;
                mask[at] = real ? 1 : 0;
                types[at] = real ? tokens.types()[i] : 0;
            }
        }
        return of(scope, ids, mask, types, rows, length, words(inputs, length));
    }

    private static long[] words(List<Tokens> inputs, int length) {
        LongStream.Builder places = LongStream.builder();
        for (int row = 0; row < inputs.size(); row++) {
            for (int place : inputs.get(row).words()) {
                if (place >= 0) {
                    places.add((long) row * length + place);
                }
            }
        }
        return places.build().toArray();
    }

    /** A batch whose every value is given, row by row. */
    public static TokenBatch of(NDManager scope, long[] ids, long[] mask, long[] types, int rows, int length) {
        return of(scope, ids, mask, types, rows, length, new long[0]);
    }

    /** The same with the places of words. */
    public static TokenBatch of(
            NDManager scope, long[] ids, long[] mask, long[] types, int rows, int length, long[] words) {
        Shape shape = new Shape(rows, length);
        return new TokenBatch(
                scope,
                scope.create(ids, shape),
                scope.create(mask, shape),
                scope.create(types, shape),
                rows,
                length,
                Arrays.stream(ids).max().orElse(0),
                words);
    }

    /** The same for position ids or labels: a tensor in this batch's scope. */
    NDArray longs(long[] values, long... shape) {
        return scope.create(values, new Shape(shape));
    }
}
