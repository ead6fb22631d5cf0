package dev.finetune.trainer.engine;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.SegmentAllocator;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.SortedMap;
import java.util.TreeMap;

/** Float32 values outside the engine: what a checkpoint writer may take to another thread while training goes on. */
public record RawTensor(long[] shape, ByteBuffer values) {
    /** A copy of a tensor's values, which the garbage collector frees. */
    public static RawTensor copyOf(NDArray array) {
        return copyOf(array, Arena.ofAuto());
    }

    /** Copies of many, which the garbage collector frees. */
    public static SortedMap<String, RawTensor> copyOf(SortedMap<String, NDArray> arrays) {
        return copyOf(arrays, Arena.ofAuto());
    }

    /**
     * Copies of many, which closing the arena frees: for copies made again and again, of which the collector, seeing a small heap, would
     * let hundreds of megabytes pile up. All lie in one piece of memory, which goes back to the system as a whole.
     */
    public static SortedMap<String, RawTensor> copyOf(SortedMap<String, NDArray> arrays, Arena arena) {
        long bytes = arrays.values().stream()
                .mapToLong(array -> Math.multiplyExact(array.size(), Float.BYTES))
                .sum();
        SegmentAllocator block = SegmentAllocator.slicingAllocator(arena.allocate(bytes, Float.BYTES));
        SortedMap<String, RawTensor> copies = new TreeMap<>();
        arrays.forEach((name, array) -> copies.put(name, copyOf(array, block)));
        return copies;
    }

    private static RawTensor copyOf(NDArray array, SegmentAllocator memory) {
        if (array.getDataType() != DataType.FLOAT32) {
            throw new IllegalArgumentException("expected float32, got " + array.getDataType());
        }
        ByteBuffer source = array.toByteBuffer(true);
        ByteBuffer copy =
                memory.allocate(source.remaining(), Float.BYTES).asByteBuffer().order(ByteOrder.nativeOrder());
        copy.put(source).flip();
        return new RawTensor(array.getShape().getShape(), copy);
    }

    /** From Java values. */
    public static RawTensor of(float[] values, long... shape) {
        if (values.length != Arrays.stream(shape).reduce(1, Math::multiplyExact)) {
            throw new IllegalArgumentException(
                    "%d values do not fill the shape %s".formatted(values.length, Arrays.toString(shape)));
        }
        ByteBuffer buffer =
                ByteBuffer.allocateDirect(values.length * Float.BYTES).order(ByteOrder.nativeOrder());
        buffer.asFloatBuffer().put(values);
        return new RawTensor(shape, buffer);
    }

    /** A tensor that libtorch owns: DJL wraps a Java buffer without copying, and such a tensor must never be trained. */
    public NDArray toTensor(NDManager scope) {
        return owned(scope, values.duplicate().order(ByteOrder.nativeOrder()), shape);
    }

    static NDArray owned(NDManager scope, ByteBuffer direct, long... shape) {
        try (NDArray view = scope.create(direct, new Shape(shape), DataType.FLOAT32)) {
            return view.duplicate();
        }
    }
}
