package dev.finetune.trainer.artifact;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectReader;
import dev.finetune.api.FailureClass;
import dev.finetune.api.Json;
import dev.finetune.api.run.StageException;
import dev.finetune.trainer.storage.FileDigest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Reads an artefact's manifest and makes sure that the files beside it are the very ones that were judged. */
public final class ArtifactVerifier {
    private static final ObjectReader READER =
            Json.MAPPER.readerFor(Manifest.class).without(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);

    private ArtifactVerifier() {}

    /**
     * The manifest of a folder whose every listed file has the listed digest. Files that are not listed are not looked at.
     *
     * @throws StageException SourceUnavailable without a manifest, InvalidData where it cannot be read, DigestMismatch where a file
     *     is missing or other than it was
     */
    public static Manifest verify(Path folder) {
        Manifest manifest = readManifest(folder);
        String digest = Artifact.digest(manifest.files());
        if (!digest.equals(manifest.digest())) {
            throw mismatch(folder, "the file list of manifest.json", manifest.digest(), digest);
        }
        manifest.files().forEach((name, expected) -> verifyFile(folder, name, expected));
        return manifest;
    }

    /** As {@link #verify(Path)}, and the artefact is the one with that digest. */
    public static Manifest verify(Path folder, String expectedDigest) {
        Manifest manifest = verify(folder);
        if (!manifest.digest().equals(expectedDigest)) {
            throw mismatch(folder, "the artefact", expectedDigest, manifest.digest());
        }
        return manifest;
    }

    /** The manifest alone, its files unverified. */
    public static Manifest readManifest(Path folder) {
        Path file = folder.resolve(Artifact.MANIFEST);
        try {
            int version =
                    Json.MAPPER.readTree(file.toFile()).path("manifestVersion").asInt();
            if (version != Manifest.VERSION) {
                throw new StageException(
                        FailureClass.InvalidData,
                        "expected manifestVersion " + Manifest.VERSION + " in " + file + ", got " + version
                                + "; use the trainer image that wrote it");
            }
            return READER.readValue(file.toFile());
        } catch (NoSuchFileException | java.io.FileNotFoundException e) {
            throw new StageException(
                    FailureClass.SourceUnavailable,
                    "expected an artefact in " + folder
                            + ", found no manifest.json; point to the folder that a job published",
                    e);
        } catch (IOException e) {
            throw new StageException(
                    FailureClass.InvalidData, "expected a manifest in " + file + ", got: " + e.getMessage(), e);
        }
    }

    private static void verifyFile(Path folder, String name, String expected) {
        if (!Path.of(name).equals(Path.of(name).getFileName()) || name.startsWith(".")) {
            throw new StageException(
                    FailureClass.InvalidData, "expected plain file names in " + folder + "/manifest.json, got " + name);
        }
        Path file = folder.resolve(name);
        try {
            String actual = Files.isRegularFile(file) ? FileDigest.of(file) : "no file";
            if (!actual.equals(expected)) {
                throw mismatch(folder, name, expected, actual);
            }
        } catch (IOException e) {
            throw new StageException(
                    FailureClass.StorageUnavailable, "expected to read " + file + ", got: " + e.getMessage(), e);
        }
    }

    private static StageException mismatch(Path folder, String what, String expected, String actual) {
        return new StageException(
                FailureClass.DigestMismatch,
                "expected " + what + " in " + folder + " to be " + expected + ", got " + actual
                        + "; publish the model again, the copy is not the one that was judged");
    }
}
