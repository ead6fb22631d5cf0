package dev.finetune.trainer.source;

import dev.finetune.api.FailureClass;
import dev.finetune.api.run.StageException;
import dev.finetune.trainer.storage.DurableFiles;
import dev.finetune.trainer.storage.Volume;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * Files of a mounted volume or of this machine, read one after the other through one buffer.
 *
 * @param shown what messages call the source
 * @param root the folder that their names start at
 */
public record LocalFiles(String shown, Path root, Iterable<Path> files) {
    /** Copies them below {@code target} and takes their digests on the way, so that each is read once. */
    public Map<String, FetchedFile> copied(Path target) {
        Map<String, FetchedFile> copies = new TreeMap<>();
        for (Path file : files) {
            copies.put(name(file), copy(shown, file, target.resolve(name(file))));
        }
        return copies;
    }

    /** Takes their digests where they lie. */
    public Map<String, FetchedFile> hashed() {
        Map<String, FetchedFile> hashed = new TreeMap<>();
        for (Path file : files) {
            hashed.put(name(file), hash(shown, file));
        }
        return hashed;
    }

    private String name(Path file) {
        return root.relativize(file).toString().replace(root.getFileSystem().getSeparator(), "/");
    }

    /** A copy that appears whole or not at all, with the digest of what was read. */
    static FetchedFile copy(String shown, Path file, Path target) {
        HashingCopy copy = new HashingCopy();
        try {
            DurableFiles.writeUnsynced(target, out -> read(shown, file, copy, new Disk(out)));
        } catch (UncheckedIOException e) {
            throw Volume.failure(target, Objects.requireNonNull(e.getCause()));
        } catch (IOException e) {
            throw Volume.failure(target, e);
        }
        return new FetchedFile(target, copy.digest(), copy.size());
    }

    static FetchedFile hash(String shown, Path file) {
        HashingCopy copy = new HashingCopy();
        read(shown, file, copy, OutputStream.nullOutputStream());
        return new FetchedFile(file, copy.digest(), copy.size());
    }

    private static void read(String shown, Path file, HashingCopy copy, OutputStream out) {
        try (InputStream in = Files.newInputStream(file)) {
            copy.copy(in, out, Long.MAX_VALUE);
        } catch (IOException e) {
            throw new StageException(
                    FailureClass.SourceUnavailable,
                    "Cannot read " + shown + ": " + file.getFileName() + " cannot be read (" + Download.describe(e)
                            + ").",
                    e);
        }
    }
}
