package dev.finetune.trainer.prepare;

import dev.finetune.trainer.storage.FileTree;
import dev.finetune.trainer.storage.Volume;
import java.io.IOException;
import java.nio.file.Path;

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
        try {
            FileTree.delete(folder);
        } catch (IOException e) {
            throw Volume.failure(folder, e);
        }
    }
}
