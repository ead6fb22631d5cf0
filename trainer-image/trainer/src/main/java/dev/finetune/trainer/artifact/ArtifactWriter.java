package dev.finetune.trainer.artifact;

import dev.finetune.api.Json;
import dev.finetune.trainer.storage.DurableFiles;
import dev.finetune.trainer.storage.FileTree;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.Set;

/** Fills the folder of an artefact before it is published; the manifest goes in last. */
public final class ArtifactWriter {
    /** What train keeps beside the weights for its own use. */
    private static final Set<String> NOT_PUBLISHED = Set.of("training.json");

    private final Path folder;

    /** A writer into an emptied folder. */
    public ArtifactWriter(Path folder) throws IOException {
        this.folder = folder;
        FileTree.delete(folder);
        Files.createDirectories(folder);
    }

    /** Copies weights, configuration and tokenizer of the candidate, and the keys that it was trained on. */
    public void copyModel(Path candidate, Path trainKeys) throws IOException {
        for (Path file : Artifact.files(candidate)) {
            String name = file.getFileName().toString();
            if (!NOT_PUBLISHED.contains(name) && !name.startsWith(".")) {
                Files.copy(file, folder.resolve(name), StandardCopyOption.REPLACE_EXISTING);
            }
        }
        Files.copy(trainKeys, folder.resolve(Artifact.TRAIN_KEYS), StandardCopyOption.REPLACE_EXISTING);
    }

    /** Writes a text file of the artefact. */
    public void write(String name, String text) throws IOException {
        DurableFiles.write(folder.resolve(name), text.getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }

    /** Writes the manifest over the files that are there now, and gives it back. */
    public Manifest finish(java.util.function.Function<Map<String, String>, Manifest> manifestOf) throws IOException {
        Manifest manifest = manifestOf.apply(Artifact.fileDigests(folder));
        DurableFiles.write(
                folder.resolve(Artifact.MANIFEST),
                Json.MAPPER.writerWithDefaultPrettyPrinter().writeValueAsBytes(manifest));
        return manifest;
    }
}
