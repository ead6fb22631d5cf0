package dev.finetune.trainer.source;

import dev.finetune.api.FailureClass;
import dev.finetune.api.run.StageException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.stream.Stream;

/** A folder that a volume is mounted at; {@code name} is how messages call it. Nothing outside of it is ever opened. */
record Mount(String name, Path root) {
    /** The file or folder at that path, with links followed; SourceUnavailable when it is missing or lies outside. */
    Path resolve(String path) {
        Path candidate = root.resolve(path);
        try {
            Path real = candidate.toRealPath();
            if (!real.startsWith(root.toRealPath())) {
                throw unavailable("'" + path + "' leads outside of it through a link, which is not followed");
            }
            if (!Files.isReadable(real)) {
                throw unavailable("'" + path + "' may not be read by this pod: give its group read permission");
            }
            return real;
        } catch (NoSuchFileException e) {
            throw unavailable(
                    isEmpty()
                            ? "it does not exist in the job's namespace, or is empty; '" + path + "' was expected in it"
                            : "it holds no '" + path + "'");
        } catch (IOException e) {
            throw new UncheckedIOException("cannot look into " + name + ": " + e.getMessage(), e);
        }
    }

    /** The folder itself, with links followed. */
    Path real() {
        try {
            return root.toRealPath();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot look into " + name + ": " + e.getMessage(), e);
        }
    }

    /** What a volume of a ConfigMap that does not exist looks like: entries that the kubelet needs for itself begin with two dots. */
    private boolean isEmpty() {
        try (Stream<Path> entries = Files.list(root)) {
            return entries.allMatch(e -> e.getFileName().toString().startsWith(".."));
        } catch (NoSuchFileException e) {
            return true;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot look into " + name + ": " + e.getMessage(), e);
        }
    }

    private StageException unavailable(String what) {
        return new StageException(FailureClass.SourceUnavailable, "Cannot read from " + name + ": " + what + ".");
    }
}
