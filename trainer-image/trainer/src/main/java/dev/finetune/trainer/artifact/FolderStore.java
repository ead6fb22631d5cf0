package dev.finetune.trainer.artifact;

import dev.finetune.trainer.storage.DurableFiles;
import dev.finetune.trainer.storage.Volume;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A store on a mounted volume: the copy is made under a temporary name in the same file system, brought to disk, renamed. */
record FolderStore(Path root) implements Store {
    @Override
    public String put(Path folder, Manifest manifest) {
        Path target = root.resolve(manifest.modelName()).resolve(manifest.digestHex());
        try {
            if (!Files.exists(target)) {
                DurableFiles.create(target, unfinished -> copy(folder, unfinished, manifest));
            } else {
                ArtifactVerifier.verify(target, manifest.digest());
            }
        } catch (IOException e) {
            if (!Files.isDirectory(target)) {
                throw Volume.failure(target, e);
            }
            // Another job published the very same model meanwhile.
            ArtifactVerifier.verify(target, manifest.digest());
        }
        return Store.folder(manifest);
    }

    private static void copy(Path from, Path to, Manifest manifest) throws IOException {
        Files.createDirectory(to);
        for (Path file : Artifact.files(from)) {
            Files.copy(file, to.resolve(file.getFileName()));
        }
        ArtifactVerifier.verify(to, manifest.digest());
    }
}
