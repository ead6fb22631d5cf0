package dev.finetune.trainer.artifact;

import dev.finetune.api.FailureClass;
import dev.finetune.api.run.StageException;
import dev.finetune.trainer.source.Location;
import dev.finetune.trainer.source.SourceResolver;
import dev.finetune.trainer.storage.DurableFiles;
import dev.finetune.trainer.storage.FileTree;
import dev.finetune.trainer.storage.Volume;
import java.io.IOException;
import java.nio.file.Path;

/** A published artefact brought into a folder of this machine, and verified there. */
public final class ArtifactCopy {
    private ArtifactCopy() {}

    /**
     * Copies the artefact with that digest.
     *
     * @throws StageException SourceUnavailable where a file is missing, DigestMismatch where it is another artefact
     */
    public static Manifest of(SourceResolver sources, Location from, Path folder, String digest) {
        Path scratch = folder.resolve(".packed");
        try {
            FileTree.delete(scratch);
            try {
                copyAll(sources.copier(from, scratch), from, folder);
            } finally {
                FileTree.delete(scratch);
            }
            Manifest manifest = ArtifactVerifier.verify(folder, digest);
            DurableFiles.sync(folder);
            return manifest;
        } catch (IOException e) {
            throw Volume.failure(folder, e);
        }
    }

    private static void copyAll(SourceResolver.Copier files, Location from, Path folder) {
        copy(files, from, Artifact.MANIFEST, folder);
        ArtifactVerifier.readManifest(folder).files().keySet().forEach(name -> copy(files, from, name, folder));
    }

    private static void copy(SourceResolver.Copier files, Location from, String name, Path folder) {
        if (files.copy(name, folder).isEmpty()) {
            throw new StageException(
                    FailureClass.SourceUnavailable,
                    "The artefact at " + from + " has no " + name
                            + ": it was removed or never completely written. Publish it again, or roll the deployment back.");
        }
    }
}
