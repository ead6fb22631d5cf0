package dev.finetune.trainer.artifact;

import dev.finetune.trainer.dataset.AtomicFile;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Whole folders, copied durably. */
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
}
