package dev.finetune.trainer.training;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What, beside the training digest, decides about the last bits of the weights. */
public record Hardware(String cpu, int threads) {
    /** The processor of this machine, with that many threads of the engine. */
    static Hardware here(int threads) {
        return new Hardware(line(Path.of("/proc/cpuinfo"), "model name", System.getProperty("os.arch")), threads);
    }

    /** The largest resident set of this process so far in bytes; null where the system does not tell. */
    static @Nullable Long peakMemoryBytes() {
        String peak = line(Path.of("/proc/self/status"), "VmHWM", "");
        return peak.isEmpty() ? null : Long.parseLong(peak.replaceAll("\\D", "")) * 1024;
    }

    private static String line(Path file, String key, String absent) {
        if (!Files.isReadable(file)) {
            return absent;
        }
        try (Stream<String> lines = Files.lines(file)) {
            return lines.filter(l -> l.startsWith(key))
                    .map(l -> l.substring(l.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElse(absent);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
