package dev.finetune.trainer.artifact;

import dev.finetune.trainer.dataset.AtomicFile;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.stream.Stream;

/** Whole folders: copied durably, removed with all they hold. */
final class Folders {
    private Folders() {}

    /** Copies the files of one flat folder into a new one; after it every byte is on the disk. */
    static void copyDurably(Path from, Path to) throws IOException {
        Files.createDirectories(to);
        for (Path file : Artifact.files(from)) {
            Path copy = to.resolve(file.getFileName());
            Files.copy(file, copy);
            try (FileChannel channel = FileChannel.open(copy, StandardOpenOption.WRITE)) {
                channel.force(true);
            }
        }
        AtomicFile.syncFolder(to);
    }

    static void delete(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(each);
            }
        }
    }
}
