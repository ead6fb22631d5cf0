package dev.finetune.trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.api.run.StageException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UnpackCommandTest {
    @TempDir
    Path claim;

    @Test
    void replacesTheFolderByWhatTheStreamHolds() throws IOException {
        Path model = Files.createDirectories(claim.resolve("base/minilm"));
        Files.writeString(model.resolve("stale.txt"), "old");

        var unpacked = UnpackCommand.unpack(tar(file("./config.json", "{}"), file("./sub/a.txt", "a")), model);

        assertThat(unpacked.files()).isEqualTo(2);
        assertThat(model.resolve("config.json")).hasContent("{}");
        assertThat(model.resolve("sub/a.txt")).hasContent("a");
        assertThat(model.resolve("stale.txt")).doesNotExist();
        assertThat(claim.resolve("base")).isDirectoryNotContaining("glob:**/.{tmp,old}-*");
    }

    @ParameterizedTest
    @ValueSource(strings = {"../escaped", "a/../../escaped", "/etc/escaped"})
    void refusesAPathThatLeavesTheFolderAndKeepsWhatWasThere(String name) throws IOException {
        Path model = Files.createDirectories(claim.resolve("model"));
        Files.writeString(model.resolve("kept.txt"), "kept");

        assertThatThrownBy(() -> UnpackCommand.unpack(tar(file(name, "x")), model))
                .isInstanceOf(StageException.class)
                .hasMessageContaining("outside of the folder");

        assertThat(model.resolve("kept.txt")).hasContent("kept");
        assertThat(claim).isDirectoryNotContaining("glob:**escaped");
    }

    @Test
    void refusesALink() {
        TarArchiveEntry link = new TarArchiveEntry("passwd", TarConstants.LF_SYMLINK);
        link.setLinkName("/etc/passwd");

        assertThatThrownBy(() -> UnpackCommand.unpack(tar(new Entry(link, "")), claim.resolve("model")))
                .isInstanceOf(StageException.class)
                .hasMessageContaining("a link or device: passwd");
    }

    @Test
    void refusesAnEmptyStream() {
        assertThatThrownBy(() -> UnpackCommand.unpack(new ByteArrayInputStream(new byte[0]), claim.resolve("model")))
                .isInstanceOf(StageException.class)
                .hasMessageContaining("at least one entry");
    }

    private record Entry(TarArchiveEntry header, String content) {}

    private static Entry file(String name, String content) {
        TarArchiveEntry entry = new TarArchiveEntry(name, true);
        entry.setSize(content.length());
        return new Entry(entry, content);
    }

    private static ByteArrayInputStream tar(Entry... entries) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes)) {
            for (Entry entry : entries) {
                tar.putArchiveEntry(entry.header());
                tar.write(entry.content().getBytes(java.nio.charset.StandardCharsets.UTF_8));
                tar.closeArchiveEntry();
            }
        }
        return new ByteArrayInputStream(bytes.toByteArray());
    }
}
