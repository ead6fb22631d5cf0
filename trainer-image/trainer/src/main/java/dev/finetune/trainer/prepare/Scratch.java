package dev.finetune.trainer.prepare;

import dev.finetune.trainer.dataset.Volume;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** A folder of downloads that is gone afterwards; what a killed run left in it goes first. */
final class Scratch implements AutoCloseable {
    private final Path folder;

    Scratch(Path folder) {
        this.folder = folder;
        close();
    }

    Path file(String name) {
        return folder.resolve(name);
    }

    @Override
    public void close() {
        if (!Files.isDirectory(folder)) {
            return;
        }
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
            Files.delete(folder);
        } catch (IOException e) {
            throw Volume.failure(folder, e);
        }
    }
}
