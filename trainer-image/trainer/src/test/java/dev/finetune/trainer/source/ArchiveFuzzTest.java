package dev.finetune.trainer.source;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.finetune.trainer.FuzzedFile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipArchiveOutputStream;
import org.junit.jupiter.params.provider.MethodSource;

/** Archives of any bytes are unpacked or refused; nothing is ever written beside their folder. */
class ArchiveFuzzTest {
    private static final Path FOLDER = FuzzedFile.folder();
    private static final byte[] CONTENT = "text,label\na,b\n".getBytes(StandardCharsets.UTF_8);

    static Stream<byte[]> archive() {
        return Stream.of(tar("d/a.csv"), tar("../evil"), zip("d/a.csv"), zip("../evil"), gzip(CONTENT), gzip(tar("a")));
    }

    @MethodSource
    @FuzzTest(maxDuration = "10m")
    void archive(byte[] archive) throws IOException {
        Path out = FOLDER.resolve("in/out");
        Files.createDirectories(out.getParent());
        // Little may come out, so that the disk is not what is tested.
        UnpackLimits limits = new UnpackLimits(20, 4 << 20, 100);
        try {
            FuzzedFile.read(
                    FOLDER.resolve("packed"), archive, file -> new Archive("packed", file, limits).unpacked(out));
            try (Stream<Path> beside = Files.list(out.getParent())) {
                assertThat(beside.filter(f -> !f.equals(out))).isEmpty();
            }
            try (Stream<Path> beside = Files.list(FOLDER)) {
                assertThat(beside.map(f -> f.getFileName().toString())).containsOnly("packed", "in");
            }
        } finally {
            delete(out);
        }
    }

    private static void delete(Path folder) throws IOException {
        if (Files.notExists(folder)) {
            return;
        }
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path left, java.io.IOException failure) throws IOException {
                Files.delete(left);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    private static byte[] tar(String name) {
        return packed(bytes -> {
            try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes)) {
                TarArchiveEntry entry = new TarArchiveEntry(name);
                entry.setSize(CONTENT.length);
                tar.putArchiveEntry(entry);
                tar.write(CONTENT);
                tar.closeArchiveEntry();
            }
        });
    }

    private static byte[] zip(String name) {
        return packed(bytes -> {
            try (ZipArchiveOutputStream zip = new ZipArchiveOutputStream(bytes)) {
                zip.putArchiveEntry(new ZipArchiveEntry(name));
                zip.write(CONTENT);
                zip.closeArchiveEntry();
            }
        });
    }

    private static byte[] gzip(byte[] plain) {
        return packed(bytes -> {
            try (OutputStream gzip = new GZIPOutputStream(bytes)) {
                gzip.write(plain);
            }
        });
    }

    private interface Packing {
        void into(OutputStream bytes) throws IOException;
    }

    private static byte[] packed(Packing packing) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            packing.into(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }
}
