package dev.finetune.trainer.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.api.FailureClass;
import dev.finetune.api.run.StageException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.apache.commons.compress.archivers.zip.UnixStat;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipArchiveOutputStream;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ArchiveTest {
    @TempDir
    Path sandbox;

    Path root;

    @BeforeEach
    void leaveRoomForWhatEscapes() throws IOException {
        root = Files.createDirectories(sandbox.resolve("beside/root"));
    }

    private UnpackLimits limits = UnpackLimits.DATA;

    @Test
    void leavesAPlainFileWhereItLies() throws IOException {
        Path plain = write("text,label\na,b\n".getBytes(StandardCharsets.UTF_8));
        assertThat(new Archive("train.csv", plain, limits).unpacked(root.resolve("out")))
                .isEqualTo(plain);
        assertThat(root.resolve("out")).doesNotExist();
    }

    @Test
    void unpacksGzipAlsoWhereSeveralWereJoined() throws IOException {
        ByteArrayOutputStream joined = new ByteArrayOutputStream();
        joined.write(gzip("text,label\n".getBytes(StandardCharsets.UTF_8)));
        joined.write(gzip("a,b\n".getBytes(StandardCharsets.UTF_8)));
        assertThat(unpack("train.csv.gz", joined.toByteArray()).resolve("train.csv"))
                .hasContent("text,label\na,b");
    }

    @Test
    void unpacksTarZipAndTarInGzip() throws IOException {
        byte[] tar = tar(entry("d/"), entry("d/a.csv"), entry("b.csv"));
        assertThat(unpack("x", tar).resolve("d/a.csv")).hasContent("content");
        assertThat(unpack("x", gzip(tar)).resolve("b.csv")).hasContent("content");
        assertThat(unpack("x", zip("d/", "d/a.csv", "b.csv")).resolve("d/a.csv"))
                .hasContent("content");
    }

    @ParameterizedTest
    @ValueSource(strings = {"../evil", "d/../../evil", "/evil"})
    void neverWritesOutsideOfTheFolder(String name) throws IOException {
        TarArchiveEntry entry = new TarArchiveEntry(name, true);
        entry.setSize("content".length());
        assertRefused(tar(entry)).hasMessageContaining("outside");
        // A zip's reader takes a leading slash away, which leaves the entry inside.
        if (!name.startsWith("/")) {
            assertRefused(zip(name)).hasMessageContaining("outside");
        }
        try (var all = Files.walk(sandbox)) {
            assertThat(all.filter(f -> f.endsWith("evil"))).isEmpty();
        }
    }

    @Test
    void refusesLinksAndDevices() throws IOException {
        for (byte type : new byte[] {
            TarConstants.LF_SYMLINK,
            TarConstants.LF_LINK,
            TarConstants.LF_CHR,
            TarConstants.LF_BLK,
            TarConstants.LF_FIFO
        }) {
            TarArchiveEntry link = new TarArchiveEntry("l", type);
            link.setLinkName("/etc/passwd");
            assertRefused(tar(link)).hasMessageContainingAll("link or device", "l");
        }
        ZipArchiveEntry link = new ZipArchiveEntry("l");
        link.setUnixMode(UnixStat.LINK_FLAG | 0777);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipArchiveOutputStream zip = new ZipArchiveOutputStream(bytes)) {
            zip.putArchiveEntry(link);
            zip.write("/etc/passwd".getBytes(StandardCharsets.UTF_8));
            zip.closeArchiveEntry();
        }
        assertRefused(bytes.toByteArray()).hasMessageContaining("link or device");
    }

    @Test
    void refusesANameThatStandsTwice() throws IOException {
        assertRefused(tar(entry("a"), entry("a"))).hasMessageContaining("twice");
        assertRefused(tar(entry("a"), entry("a/b"))).hasMessageContaining("file where a folder was expected");
    }

    @Test
    void refusesMoreEntriesOrBytesThanTheLimits() throws IOException {
        limits = new UnpackLimits(2, 1 << 20, 100);
        assertRefused(tar(entry("a"), entry("b"), entry("c"))).hasMessageContaining("more than 2 entries");
        limits = new UnpackLimits(10, 10, 100);
        assertRefused(tar(entry("a"), entry("b"))).hasMessageContaining("more than 10 bytes");
    }

    @Test
    void refusesABombBeforeItFillsTheDisk() throws IOException {
        byte[] bomb = gzip(new byte[64 << 20]);
        assertThat(bomb.length).isLessThan(1 << 20);
        assertRefused(bomb).hasMessageContaining("100 times");
        assertThat(Files.size(root.resolve("out/x"))).isLessThan(8 << 20);
        assertRefused(zip(new byte[64 << 20], "a")).hasMessageContaining("100 times");
        assertRefused(gzip(tar(new byte[64 << 20], entry("a")))).hasMessageContaining("100 times");
    }

    @Test
    void refusesDamagedArchivesWhateverIsWrongWithThem() throws IOException {
        byte[] noise = new byte[20_000];
        new Random(1).nextBytes(noise);
        for (byte[] whole : new byte[][] {gzip(noise), gzip(tar(noise, entry("a"))), zip(noise, "a")}) {
            assertRefused(Arrays.copyOf(whole, whole.length - 2_000)).hasMessageContaining("damaged");
        }
        byte[] flipped = gzip(noise);
        flipped[10_000] ^= 1;
        assertRefused(flipped);
    }

    @Test
    void everyTreeOfTheMessyCollectionEndsAsItsManifestExpects() throws IOException {
        Path messy = shared();
        for (String good :
                new String[] {"junk-files", "empty-class", "nested", "flat-no-classes", "val-missing-class"}) {
            byte[] tar = Files.readAllBytes(messy.resolve("image-trees/" + good + ".tar"));
            assertThat(unpack("x", tar)).isNotEmptyDirectory();
        }
        assertRefused(Files.readAllBytes(messy.resolve("image-trees/symlink-out.tar")))
                .hasMessageContaining("link");
        assertRefused(Files.readAllBytes(messy.resolve("image-trees/zip-slip.zip")))
                .hasMessageContaining("outside");
        assertThat(unpack("train.csv.gz", Files.readAllBytes(messy.resolve("csv/train.csv.gz")))
                        .resolve("train.csv"))
                .content()
                .startsWith("text,label");
    }

    private static Path shared() {
        for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
            if (Files.isDirectory(at.resolve("shared/data/messy"))) {
                return at.resolve("shared/data/messy");
            }
        }
        org.junit.jupiter.api.Assumptions.assumeTrue(false, "no shared data beside the checkout");
        throw new AssertionError();
    }

    private AbstractThrowableAssert<?, ? extends Throwable> assertRefused(byte[] bytes) {
        return assertThatThrownBy(() -> unpack("x", bytes))
                .isInstanceOfSatisfying(
                        StageException.class, e -> assertThat(e.failure()).isEqualTo(FailureClass.InvalidData));
    }

    private Path unpack(String name, byte[] bytes) throws IOException {
        Path out = root.resolve("out");
        dev.finetune.trainer.storage.FileTree.delete(out);
        return new Archive(name, write(bytes), limits).unpacked(out);
    }

    private Path write(byte[] bytes) throws IOException {
        return Files.write(root.resolve("packed"), bytes);
    }

    private static TarArchiveEntry entry(String name) {
        return new TarArchiveEntry(name);
    }

    private static byte[] tar(TarArchiveEntry... entries) throws IOException {
        return tar("content".getBytes(StandardCharsets.UTF_8), entries);
    }

    private static byte[] tar(byte[] content, TarArchiveEntry... entries) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes)) {
            for (TarArchiveEntry entry : entries) {
                if (entry.isFile()
                        && !entry.isLink()
                        && !entry.isSymbolicLink()
                        && entry.getLinkName().isEmpty()) {
                    entry.setSize(content.length);
                }
                tar.putArchiveEntry(entry);
                if (entry.getSize() > 0) {
                    tar.write(content);
                }
                tar.closeArchiveEntry();
            }
        }
        return bytes.toByteArray();
    }

    private static byte[] zip(String... names) throws IOException {
        return zip("content".getBytes(StandardCharsets.UTF_8), names);
    }

    private static byte[] zip(byte[] content, String... names) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipArchiveOutputStream zip = new ZipArchiveOutputStream(bytes)) {
            for (String name : names) {
                zip.putArchiveEntry(new ZipArchiveEntry(name));
                if (!name.endsWith("/")) {
                    zip.write(content);
                }
                zip.closeArchiveEntry();
            }
        }
        return bytes.toByteArray();
    }

    private static byte[] gzip(byte[] plain) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (OutputStream gzip = new GZIPOutputStream(bytes)) {
            gzip.write(plain);
        }
        return bytes.toByteArray();
    }
}
