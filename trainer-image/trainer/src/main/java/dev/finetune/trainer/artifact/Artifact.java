package dev.finetune.trainer.artifact;

import dev.finetune.api.Json;
import dev.finetune.trainer.storage.FileDigest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The names and digests of the files of an artefact: one flat folder. */
public final class Artifact {
    /** What an artefact is; written last. */
    public static final String MANIFEST = "manifest.json";

    /** The weights. */
    public static final String WEIGHTS = "model.safetensors";

    /** The model card. */
    public static final String CARD = "README.md";

    /** The page for people. */
    public static final String REPORT = "report.html";

    /** Inputs with this artefact's own scores ({@link GoldenRequest}). */
    public static final String GOLDEN = "golden.jsonl";

    /** The 8-byte hashes of the examples it was trained and selected on. */
    public static final String TRAIN_KEYS = "train-keys.bin";

    private Artifact() {}

    /** The digest of an artefact with these files: over the canonical list of names and digests. */
    public static String digest(Map<String, String> files) {
        return Json.digest(new TreeMap<>(files));
    }

    /** The digest of every file of the folder but the manifest, by name. */
    public static Map<String, String> fileDigests(Path folder) throws IOException {
        Map<String, String> digests = FileDigest.ofFiles(folder);
        digests.remove(MANIFEST);
        return digests;
    }

    /** The regular files of a folder, by name. */
    static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(Files::isRegularFile).sorted().toList();
        }
    }
}
