package dev.finetune.trainer.training;

import dev.finetune.api.FailureClass;
import dev.finetune.api.run.StageException;
import dev.finetune.trainer.dataset.FileTree;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Files that a reader, and a process started after a power cut, sees whole or not at all. */
final class DurableFiles {
    /** What names of unfinished files and folders start with. */
    static final String UNFINISHED = ".tmp-";

    /** Fills a file or folder that does not exist yet. */
    interface Content {
        void writeTo(Path path) throws IOException;
    }

    private DurableFiles() {}

    /** Writes under a temporary name, fsyncs, checks the lease, renames, fsyncs the folder. A folder replaces an older one. */
    static void write(Path target, Lease lease, Content content) {
        Path temporary = target.resolveSibling(UNFINISHED + target.getFileName());
        try {
            Files.createDirectories(parent(target));
            FileTree.delete(temporary);
            content.writeTo(temporary);
            syncAll(temporary);
            lease.check();
            if (Files.isDirectory(temporary)) {
                FileTree.delete(target);
            }
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            sync(parent(target));
        } catch (IOException e) {
            throw failed(target, e);
        }
    }

    /** The failure that a write error is to the owner of the job. */
    static StageException failed(Path target, IOException cause) {
        String reason = String.valueOf(cause.getMessage());
        FailureClass failure = reason.contains("No space left") || reason.contains("quota exceeded")
                ? FailureClass.StorageFull
                : FailureClass.StorageUnavailable;
        return new StageException(
                failure, "expected to write " + target + ", got: " + reason + "; check the workspace's claim", cause);
    }

    /** {@code sha256:} and 64 hex digits over a file's bytes. */
    static String digest(Path file) throws IOException {
        try (InputStream in = new DigestInputStream(Files.newInputStream(file), sha256())) {
            in.transferTo(java.io.OutputStream.nullOutputStream());
            return "sha256:"
                    + HexFormat.of()
                            .formatHex(
                                    ((DigestInputStream) in).getMessageDigest().digest());
        }
    }

    /** The digest of every file of a folder, by name. */
    static Map<String, String> digests(Path folder) throws IOException {
        Map<String, String> digests = new TreeMap<>();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                digests.put(file.getFileName().toString(), digest(file));
            }
        }
        return digests;
    }

    private static void syncAll(Path path) throws IOException {
        try (Stream<Path> all = Files.walk(path)) {
            for (Path each : all.toList()) {
                sync(each);
            }
        }
    }

    private static void sync(Path path) throws IOException {
        StandardOpenOption mode = Files.isDirectory(path) ? StandardOpenOption.READ : StandardOpenOption.WRITE;
        try (FileChannel channel = FileChannel.open(path, mode)) {
            channel.force(true);
        }
    }

    private static Path parent(Path path) {
        return java.util.Objects.requireNonNull(path.toAbsolutePath().getParent());
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
