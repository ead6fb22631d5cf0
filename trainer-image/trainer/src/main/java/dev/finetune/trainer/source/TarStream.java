package dev.finetune.trainer.source;

import dev.finetune.api.FailureClass;
import dev.finetune.api.run.StageException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/** A tar stream unpacked into a new folder: plain files and folders only, nothing outside of it, nothing beyond the limits. */
public record TarStream(int maxEntries, long maxBytes) {
    /** Up to 10,000 entries and 64 GiB. */
    public static final TarStream GENEROUS = new TarStream(10_000, 64L << 30);

    /** What was unpacked. */
    public record Unpacked(int files, long bytes) {}

    /**
     * Unpacks {@code in} below {@code folder}, which must not exist yet.
     *
     * @throws StageException InvalidData for an entry that is no plain file or folder, leaves the folder, or exceeds a limit
     */
    public Unpacked into(Path folder, InputStream in) throws IOException {
        Files.createDirectories(folder);
        int entries = 0;
        int files = 0;
        long bytes = 0;
        try (TarArchiveInputStream tar = new TarArchiveInputStream(in)) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                if (++entries > maxEntries) {
                    throw refused(entry, "more than " + maxEntries + " entries");
                }
                Path target = folder.resolve(entry.getName()).normalize();
                if (Path.of(entry.getName()).isAbsolute() || !target.startsWith(folder)) {
                    throw refused(entry, "a path outside of the folder");
                }
                if (entry.isDirectory()) {
                    Files.createDirectories(target);
                } else if (entry.isFile() && !entry.isLink() && !entry.isSymbolicLink()) {
                    bytes += entry.getSize();
                    if (bytes > maxBytes) {
                        throw refused(entry, "more than " + maxBytes + " bytes");
                    }
                    Files.createDirectories(target.resolveSibling("."));
                    try (var out =
                            Files.newOutputStream(target, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                        tar.transferTo(out);
                    }
                    files++;
                } else {
                    throw refused(entry, "a link or device");
                }
            }
        }
        if (entries == 0) {
            throw new StageException(
                    FailureClass.InvalidData, "expected a tar stream with at least one entry, got none");
        }
        return new Unpacked(files, bytes);
    }

    private static StageException refused(TarArchiveEntry entry, String what) {
        return new StageException(
                FailureClass.InvalidData,
                "expected plain files and folders in the tar stream, got " + what + ": " + entry.getName());
    }
}
