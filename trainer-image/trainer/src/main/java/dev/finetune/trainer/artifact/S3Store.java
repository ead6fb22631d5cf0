package dev.finetune.trainer.artifact;

import dev.finetune.api.FailureClass;
import dev.finetune.api.run.StageException;
import dev.finetune.trainer.source.S3Folder;
import dev.finetune.trainer.storage.FileTree;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * A store in a bucket. An object appears whole or not at all, and manifest.json is the last one to appear: an artefact without it does
 * not exist, so a publication that broke off is no artefact, and the next one completes it.
 */
record S3Store(S3Folder root) implements Store {
    private static final long MAX_MANIFEST_BYTES = 64L << 20;

    @Override
    public String put(Path folder, Manifest manifest) {
        S3Folder target = root.folder(manifest.modelName()).folder(manifest.digestHex());
        Map<String, Long> there = target.sizes();
        if (there.containsKey(Artifact.MANIFEST)) {
            refuseAnother(target, manifest);
        }
        try {
            for (Path file : Artifact.files(folder)) {
                String name = file.getFileName().toString();
                boolean isThere = there.containsKey(Artifact.MANIFEST)
                        && Long.valueOf(Files.size(file)).equals(there.get(name));
                if (!isThere && !name.equals(Artifact.MANIFEST)) {
                    target.put(file, name);
                }
            }
            if (!there.containsKey(Artifact.MANIFEST)) {
                target.put(folder.resolve(Artifact.MANIFEST), Artifact.MANIFEST);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + folder, e);
        }
        return Store.folder(manifest);
    }

    /** A folder is named by its digest: another manifest in it was put there by something else. */
    private static void refuseAnother(S3Folder target, Manifest manifest) {
        try {
            Path copy = Files.createTempDirectory("published");
            try {
                target.fetch(Artifact.MANIFEST, copy.resolve(Artifact.MANIFEST), MAX_MANIFEST_BYTES);
                String found = ArtifactVerifier.readManifest(copy).digest();
                if (!found.equals(manifest.digest())) {
                    throw new StageException(
                            FailureClass.StorageUnavailable,
                            "expected the model " + manifest.digest() + " at " + target + ", found " + found
                                    + "; something else wrote there: remove it, or publish elsewhere");
                }
            } finally {
                FileTree.delete(copy);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
