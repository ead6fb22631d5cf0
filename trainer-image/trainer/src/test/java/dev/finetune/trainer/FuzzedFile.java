package dev.finetune.trainer;

import dev.finetune.api.FailureClass;
import dev.finetune.api.run.StageException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What the fuzz targets share. A reader of a stranger's file may read it or refuse it in words; anything else that it throws is a
 * fault of ours.
 */
public final class FuzzedFile {
    private static final Set<FailureClass> REFUSALS = EnumSet.of(FailureClass.InvalidData, FailureClass.InvalidSpec);

    private FuzzedFile() {}

    /** Reads a file, or refuses it. */
    @FunctionalInterface
    public interface Reading {
        void of(Path file) throws IOException;
    }

    /** Gives the reader a file with these bytes under that name, and lets only refusals pass. */
    public static void read(Path file, byte[] content, Reading reading) throws IOException {
        Files.write(file, content);
        try {
            reading.of(file);
        } catch (StageException e) {
            if (!REFUSALS.contains(e.failure()) || !e.getMessage().contains(" ")) {
                throw e;
            }
        }
    }

    /** The contents of a test resource's files, to start from. */
    public static Stream<byte[]> seeds(Path folder, String ending) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(f -> f.toString().endsWith(ending)).sorted().map(FuzzedFile::bytes).toList().stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The content of a file. */
    public static byte[] bytes(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A new folder, which goes away with the process. */
    public static Path folder() {
        try {
            Path folder = Files.createTempDirectory("fuzz");
            folder.toFile().deleteOnExit();
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
