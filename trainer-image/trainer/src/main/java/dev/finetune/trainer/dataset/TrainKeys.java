package dev.finetune.trainer.dataset;

import dev.finetune.trainer.storage.DurableFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Set;
import java.util.stream.Stream;

/**
 * {@code train-keys.bin}: the keys of all examples that a model was trained or selected on, 8 bytes each, sorted. A later job is
 * judged against this model only on test examples that are not among them.
 */
public final class TrainKeys {
    /** The file's name, in {@code train/} and in an artefact. */
    public static final String FILE = "train-keys.bin";

    private TrainKeys() {}

    /** Writes the keys of these examples. */
    static void write(Path file, Stream<Example> examples) throws IOException {
        HexFormat hex = HexFormat.of();
        DurableFiles.write(file, out -> {
            for (String key : examples.map(Example::key).distinct().sorted().toList()) {
                out.write(hex.parseHex(key));
            }
        });
    }

    /** The keys, as {@link Example#key()} has them. */
    public static Set<String> read(Path file) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file));
        if (bytes.remaining() % Long.BYTES != 0) {
            throw new IOException(
                    file + " has " + bytes.remaining() + " bytes, which is not a multiple of 8: it is damaged");
        }
        Set<String> keys = new HashSet<>();
        while (bytes.hasRemaining()) {
            keys.add(HexFormat.of().toHexDigits(bytes.getLong()));
        }
        return keys;
    }
}
