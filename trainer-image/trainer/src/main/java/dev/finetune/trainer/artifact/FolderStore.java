package dev.finetune.trainer.artifact;

import dev.finetune.api.FailureClass;
import dev.finetune.api.run.StageException;
import dev.finetune.trainer.dataset.AtomicFile;
import dev.finetune.trainer.dataset.FileTree;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Objects;

/** A store on a mounted volume: the copy is made under a temporary name in the same file system, brought to disk, renamed. */
record FolderStore(Path root) implements Store {
    private static final String UNFINISHED = ".publishing-";

    @Override
    public void put(Path folder, Manifest manifest) {
        Path target = root.resolve(manifest.modelName()).resolve(manifest.digestHex());
        try {
            if (Files.exists(target)) {
                ArtifactVerifier.verify(target, manifest.digest());
            } else {
                copy(folder, target, manifest);
            }
        } catch (IOException e) {
            throw failed(target, e);
        }
    }

    private static void copy(Path folder, Path target, Manifest manifest) throws IOException {
        Path models = Objects.requireNonNull(target.getParent(), "an artefact stands in its model's folder");
        Files.createDirectories(models);
        Path unfinished = models.resolve(UNFINISHED + manifest.digestHex());
        FileTree.delete(unfinished);
        Folders.copyDurably(folder, unfinished);
        ArtifactVerifier.verify(unfinished, manifest.digest());
        Files.move(unfinished, target, StandardCopyOption.ATOMIC_MOVE);
        AtomicFile.syncFolder(models);
        AtomicFile.syncFolder(models.resolve(".."));
    }

    private static StageException failed(Path target, IOException cause) {
        String reason = String.valueOf(cause.getMessage());
        boolean full = reason.contains("No space left") || reason.contains("quota exceeded");
        return new StageException(
                full ? FailureClass.StorageFull : FailureClass.StorageUnavailable,
                "expected to publish to " + target + ", got: " + reason + "; check the store's claim",
                cause);
    }
}
