package dev.finetune.trainer.source;

import dev.finetune.api.FailureClass;
import dev.finetune.api.run.StageException;
import dev.finetune.trainer.storage.Volume;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Objects;

/** The new folder that an archive is unpacked into: plain files and folders below it, within the limits, and nothing else. */
final class UnpackedFolder {
    private final String archive;
    private final Path root;
    private final UnpackLimits limits;
    private final long most;
    private final byte[] buffer = new byte[1 << 16];
    private int entries;
    private int files;
    private long bytes;

    /**
     * A folder that does not exist yet.
     *
     * @param archive what messages call the archive
     * @param packed the archive's own size
     */
    UnpackedFolder(String archive, Path root, UnpackLimits limits, long packed) {
        this.archive = archive;
        this.root = root.toAbsolutePath().normalize();
        this.limits = limits;
        this.most = limits.most(packed);
        created(this.root);
    }

    /** Makes a folder. */
    void folder(String name) {
        created(target(name));
    }

    /** Writes a file; a name that stands twice is refused, because nobody could say which of the two is meant. */
    void file(String name, InputStream content) throws IOException {
        Path target = target(name);
        created(Objects.requireNonNull(target.getParent(), "below the folder"));
        try (OutputStream out = new Disk(create(name, target))) {
            for (int n = content.read(buffer); n >= 0; n = content.read(buffer)) {
                bytes += n;
                if (bytes > most) {
                    throw refused(
                            name,
                            most < limits.bytes()
                                    ? "more than " + limits.ratio() + " times its packed size"
                                    : "more than " + most + " bytes");
                }
                out.write(buffer, 0, n);
            }
        } catch (UncheckedIOException e) {
            throw Volume.failure(target, Objects.requireNonNull(e.getCause()));
        }
        files++;
    }

    /** What is thrown for an entry that may not be there. */
    StageException refused(String name, String what) {
        return new StageException(
                FailureClass.InvalidData,
                "expected plain files and folders in " + archive + ", got " + what + ": " + shown(name));
    }

    /** What stands in it now. */
    TarStream.Unpacked unpacked() {
        if (entries == 0) {
            throw new StageException(
                    FailureClass.InvalidData, "expected at least one entry in " + archive + ", got none");
        }
        return new TarStream.Unpacked(files, bytes);
    }

    private Path target(String name) {
        if (++entries > limits.entries()) {
            throw refused(name, "more than " + limits.entries() + " entries");
        }
        try {
            Path target = root.resolve(name).normalize();
            if (name.startsWith("/") || !target.startsWith(root)) {
                throw refused(name, "a path outside of the folder");
            }
            return target;
        } catch (InvalidPathException e) {
            throw refused(name, "a name that is none");
        }
    }

    private OutputStream create(String name, Path target) {
        try {
            return Files.newOutputStream(target, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        } catch (FileAlreadyExistsException e) {
            throw refused(name, "a name that stands twice");
        } catch (IOException e) {
            throw Volume.failure(target, e);
        }
    }

    private void created(Path folder) {
        try {
            Files.createDirectories(folder);
        } catch (FileAlreadyExistsException e) {
            throw refused(String.valueOf(folder.getFileName()), "a file where a folder was expected");
        } catch (IOException e) {
            throw Volume.failure(folder, e);
        }
    }

    private static String shown(String name) {
        String plain = name.replaceAll("\\p{Cntrl}", "?");
        return plain.length() > 200 ? plain.substring(0, 200) + "..." : plain;
    }
}
