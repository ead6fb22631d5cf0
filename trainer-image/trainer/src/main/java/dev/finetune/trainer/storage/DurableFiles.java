package dev.finetune.trainer.storage;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * Files and folders that a reader, and a process started after a power cut, sees whole or not at all: written under a temporary name
 * beside the target, brought to disk, renamed, the rename brought to disk. A failure leaves what was there.
 */
public final class DurableFiles {
    /** What names of unfinished files and folders start with. */
    public static final String UNFINISHED = ".tmp-";

    /** What the name of a folder starts with while its successor takes its place. */
    private static final String REPLACED = ".old-";

    private DurableFiles() {}

    /** Fills a file or folder that does not exist yet. */
    @FunctionalInterface
    public interface Content {
        /** Makes the file or folder of that name. */
        void writeTo(Path path) throws IOException;
    }

    /** What fills a file. */
    @FunctionalInterface
    public interface Body {
        /** Writes the file's bytes; the stream is buffered and is closed by the caller. */
        void writeTo(OutputStream out) throws IOException;
    }

    /** Replaces a file by these bytes. */
    public static void write(Path target, byte[] bytes) throws IOException {
        write(target, out -> out.write(bytes));
    }

    /** Replaces a file by what {@code body} writes. */
    public static void write(Path target, Body body) throws IOException {
        replace(target, path -> fill(path, body));
    }

    /** Replaces a file or folder. */
    public static void replace(Path target, Content content) throws IOException {
        replace(target, content, () -> {});
    }

    /** The same, with a last look before the rename: what it throws leaves the target as it is. */
    public static void replace(Path target, Content content, Runnable beforeRename) throws IOException {
        Path old = beside(target, REPLACED);
        if (Files.exists(old, LinkOption.NOFOLLOW_LINKS) && !Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
            // A process was killed between the two renames below.
            Files.move(old, target, StandardCopyOption.ATOMIC_MOVE);
        }
        FileTree.delete(old);
        staged(target, content, temporary -> {
            sync(temporary);
            beforeRename.run();
            if (Files.isDirectory(target, LinkOption.NOFOLLOW_LINKS)) {
                Files.move(target, old, StandardCopyOption.ATOMIC_MOVE);
            }
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        });
        FileTree.delete(old);
        syncOne(parent(target));
    }

    /** Makes a folder that is not there yet; {@link FileAlreadyExistsException} where somebody else was faster. */
    public static void create(Path target, Content content) throws IOException {
        staged(target, content, temporary -> {
            sync(temporary);
            if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
                throw new FileAlreadyExistsException(target.toString());
            }
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
        });
        syncOne(parent(target));
    }

    /**
     * Replaces a file that a reader sees whole or not at all, without waiting for the disk: for one of many, whose folder the caller
     * brings to disk with {@link #sync} when all are there, or which need not outlive a power cut.
     */
    public static void writeUnsynced(Path target, Body body) throws IOException {
        staged(
                target,
                path -> fill(path, body),
                temporary -> Files.move(
                        temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING));
    }

    /** Brings a file, or a folder with all below it, to disk. */
    public static void sync(Path path) throws IOException {
        try (Stream<Path> all = Files.walk(path)) {
            for (Path each : all.filter(p -> !Files.isSymbolicLink(p)).toList()) {
                syncOne(each);
            }
        }
    }

    private static void staged(Path target, Content content, Content finish) throws IOException {
        createFolders(parent(target));
        Path temporary = beside(target, UNFINISHED);
        FileTree.delete(temporary);
        try {
            content.writeTo(temporary);
            finish.writeTo(temporary);
        } catch (IOException | RuntimeException e) {
            FileTree.delete(temporary);
            throw e;
        }
    }

    private static void fill(Path path, Body body) throws IOException {
        try (OutputStream out = new BufferedOutputStream(
                Files.newOutputStream(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), 1 << 16)) {
            body.writeTo(out);
        }
    }

    /** A folder that is made is an entry of the one above it. */
    private static void createFolders(Path folder) throws IOException {
        if (Files.isDirectory(folder)) {
            return;
        }
        Path above = folder.getParent();
        if (above != null) {
            createFolders(above);
        }
        Files.createDirectories(folder);
        if (above != null) {
            syncOne(above);
        }
    }

    private static void syncOne(Path path) throws IOException {
        // A folder can be opened for reading only, and a file that was opened for reading cannot be forced everywhere.
        StandardOpenOption mode = Files.isDirectory(path) ? StandardOpenOption.READ : StandardOpenOption.WRITE;
        try (FileChannel channel = FileChannel.open(path, mode)) {
            channel.force(true);
        }
    }

    private static Path beside(Path target, String prefix) {
        return parent(target).resolve(prefix + target.getFileName());
    }

    private static Path parent(Path path) {
        return Objects.requireNonNull(path.toAbsolutePath().getParent(), "a file stands in a folder");
    }
}
