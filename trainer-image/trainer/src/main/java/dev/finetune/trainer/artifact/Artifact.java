package dev.finetune.trainer.artifact;

import dev.finetune.api.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
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

    /** {@code sha256:} and 64 hex digits for every file of the folder but the manifest, by name. */
    public static Map<String, String> fileDigests(Path folder) throws IOException {
        Map<String, String> digests = new TreeMap<>();
        for (Path file : files(folder)) {
            if (!file.getFileName().toString().equals(MANIFEST)) {
                digests.put(file.getFileName().toString(), fileDigest(file));
            }
        }
        return digests;
    }

    /** {@code sha256:} and 64 hex digits over a file's bytes, read as a stream. */
    public static String fileDigest(Path file) throws IOException {
        try {
            MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
            try (InputStream in = new DigestInputStream(Files.newInputStream(file), sha256)) {
                in.transferTo(OutputStream.nullOutputStream());
            }
            return "sha256:" + HexFormat.of().formatHex(sha256.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /** The regular files of a folder, by name. */
    static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(Files::isRegularFile).sorted().toList();
        }
    }
}
