package dev.finetune.trainer;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A garbage collection between the way there and the way back of a gradient: DJL's operators on a {@code Number} free a buffer that the graph still needs, and
 * whatever was freed too early is overwritten here.
 */
public final class GarbageCollection {
    private GarbageCollection() {}

    /** Collects, and writes NaN into memory that became free. */
    public static void run() {
        System.gc();
        for (int i = 0; i < 200; i++) {
            ByteBuffer buffer = ByteBuffer.allocateDirect(16).order(ByteOrder.nativeOrder());
            buffer.putFloat(0, Float.NaN).putFloat(4, Float.NaN);
        }
    }
}
