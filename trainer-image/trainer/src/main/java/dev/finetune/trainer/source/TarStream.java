package dev.finetune.trainer.source;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/** A tar stream unpacked into a new folder: plain files and folders only, nothing outside of it, nothing beyond the limits. */
public final class TarStream {
    private TarStream() {}

    /** What was unpacked. */
    public record Unpacked(int files, long bytes) {}

    /**
     * Unpacks what a person sends below {@code folder}, which must not exist yet.
     *
     * @throws dev.finetune.api.run.StageException InvalidData for an entry that is no plain file or folder, leaves the folder, or
     *     exceeds a limit
     */
    public static Unpacked into(Path folder, InputStream in) throws IOException {
        return into(new UnpackedFolder("the tar stream", folder, UnpackLimits.SENT, Long.MAX_VALUE), in);
    }

    static Unpacked into(UnpackedFolder folder, InputStream in) throws IOException {
        try (TarArchiveInputStream tar = new TarArchiveInputStream(in)) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                if (entry.isDirectory()) {
                    folder.folder(entry.getName());
                } else if (isPlainFile(entry)) {
                    folder.file(entry.getName(), tar);
                } else {
                    throw folder.refused(entry.getName(), "a link or device");
                }
            }
        }
        return folder.unpacked();
    }

    /** The library calls everything a file that is no folder. */
    static boolean isPlainFile(TarArchiveEntry entry) {
        return entry.isFile()
                && !entry.isLink()
                && !entry.isSymbolicLink()
                && !entry.isBlockDevice()
                && !entry.isCharacterDevice()
                && !entry.isFIFO();
    }
}
