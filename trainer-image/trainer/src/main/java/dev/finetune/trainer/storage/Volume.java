package dev.finetune.trainer.storage;

import dev.finetune.api.FailureClass;
import dev.finetune.api.run.StageException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;

/** What can be wrong with a volume that is written to, told as the failure classes of a job. */
public final class Volume {
    private Volume() {}

    /** Creates the folder and proves that it can be written; otherwise StorageUnavailable or StorageFull. */
    public static void proveWritable(Path folder) {
        Path probe = folder.resolve(".write-test");
        try {
            Files.createDirectories(folder);
            try (FileChannel channel = FileChannel.open(
                    probe, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
                channel.write(ByteBuffer.wrap(new byte[4096]));
                channel.force(true);
            }
            Files.delete(probe);
        } catch (IOException e) {
            throw failure(folder, e);
        }
    }

    /** What a failed write below {@code folder} means for the job. Anything that is not the volume's fault stays as it is. */
    public static RuntimeException failure(Path folder, IOException e) {
        String reason = String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT);
        if (reason.contains("no space left")
                || reason.contains("quota exceeded")
                || reason.contains("file too large")) {
            return new StageException(
                    FailureClass.StorageFull,
                    "The volume at " + folder + " is full (" + e.getMessage() + "): enlarge the claim behind it.",
                    e);
        }
        if (e instanceof AccessDeniedException
                || e instanceof NoSuchFileException
                || e instanceof FileAlreadyExistsException
                || reason.contains("not a directory")
                || reason.contains("read-only file system")
                || reason.contains("permission denied")
                || reason.contains("operation not permitted")) {
            return new StageException(
                    FailureClass.StorageUnavailable,
                    "The volume at " + folder + " cannot be written by uid " + uid() + " (" + describe(e)
                            + "): make the claim writable for the pod's group (fsGroup), or choose a storage class whose driver honours fsGroup.",
                    e);
        }
        return new UncheckedIOException(e);
    }

    private static String describe(IOException e) {
        return switch (e) {
            case AccessDeniedException denied -> "permission denied on " + denied.getFile();
            case NoSuchFileException missing -> "no such folder: " + missing.getFile();
            case FileAlreadyExistsException file -> "there is a file where a folder was expected: " + file.getFile();
            default -> String.valueOf(e.getMessage());
        };
    }

    private static String uid() {
        try {
            return String.valueOf(Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
        } catch (IOException | UnsupportedOperationException e) {
            return System.getProperty("user.name", "unknown");
        }
    }
}
