package dev.finetune.trainer.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What the process holds, in bytes: resident memory now and at its peak (heap and native together), and the heap alone. */
public record MemoryUse(long resident, long peakResident, long heap) {
    /** The reading of this moment; resident sizes are 0 where there is no /proc. */
    public static MemoryUse now() {
        long heap = Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
        long resident = 0;
        long peak = 0;
        try {
            for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
                if (line.startsWith("VmRSS:")) {
                    resident = kibibytes(line);
                } else if (line.startsWith("VmHWM:")) {
                    peak = kibibytes(line);
                }
            }
        } catch (IOException e) {
            // No /proc: a laptop that isn't Linux.
        }
        return new MemoryUse(resident, peak, heap);
    }

    private static long kibibytes(String line) {
        return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
    }

    @Override
    public String toString() {
        return "%d MiB (peak %d MiB, heap %d MiB)".formatted(resident >> 20, peakResident >> 20, heap >> 20);
    }
}
