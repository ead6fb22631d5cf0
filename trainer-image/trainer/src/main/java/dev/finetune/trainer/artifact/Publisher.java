package dev.finetune.trainer.artifact;

import dev.finetune.api.FailureClass;
import dev.finetune.api.PublishedModel;
import dev.finetune.api.run.StageException;
import dev.finetune.trainer.dataset.AtomicFile;
import dev.finetune.trainer.dataset.FileTree;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Objects;

/**
 * Puts finished artefacts into a store, as {@code <store>/<modelName>/<digest hex>/}. A reader sees a whole artefact or none: the copy
 * is made under a temporary name in the same file system, brought to disk, renamed. Publishing the same artefact again changes nothing.
 */
public final class Publisher {
    private static final String UNFINISHED = ".publishing-";

    private final Path store;
    private final String storageUri;

    /**
     * A publisher into one store.
     *
     * @param store where the store is mounted
     * @param storageUri what the outside world calls it
     */
    public Publisher(Path store, String storageUri) {
        this.store = store;
        this.storageUri = storageUri.replaceAll("/+$", "");
    }

    /** Publishes the finished artefact of a folder. */
    public PublishedModel publish(Path folder) {
        Manifest manifest = ArtifactVerifier.verify(folder);
        Path target = store.resolve(manifest.modelName()).resolve(manifest.digestHex());
        try {
            if (Files.exists(target)) {
                ArtifactVerifier.verify(target, manifest.digest());
            } else {
                copy(folder, target, manifest);
            }
            return new PublishedModel(
                    manifest.modelName(),
                    manifest.version(),
                    manifest.digest(),
                    storageUri + "/" + manifest.modelName() + "/" + manifest.digestHex(),
                    manifest.parentDigest(),
                    size(folder));
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

    private static long size(Path folder) throws IOException {
        long bytes = 0;
        for (Path file : Artifact.files(folder)) {
            bytes += Files.size(file);
        }
        return bytes;
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
