package dev.finetune.trainer.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.finetune.api.FailureClass;
import dev.finetune.api.run.StageException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VolumeTest {
    @TempDir
    Path folder;

    @Test
    void provesWhatCanBeWrittenAndLeavesNothingBehind() throws IOException {
        assertThatCode(() -> Volume.proveWritable(folder.resolve("new"))).doesNotThrowAnyException();
        try (Stream<Path> files = Files.list(folder.resolve("new"))) {
            assertThat(files).isEmpty();
        }
    }

    @Test
    void namesFolderAndUidWhereItCannotBeWritten() {
        Path proc = Path.of("/proc/finetune");
        assumeTrue(Files.isDirectory(proc.getParent()), "needs Linux");
        assertThatThrownBy(() -> Volume.proveWritable(proc))
                .isInstanceOfSatisfying(
                        StageException.class, e -> assertThat(e.failure()).isEqualTo(FailureClass.StorageUnavailable))
                .hasMessageContainingAll("/proc/finetune", "uid " + uid());
    }

    @Test
    void tellsAFullVolumeFromABrokenProgram() {
        Path full = Path.of("/dev/full");
        assumeTrue(Files.exists(full), "needs Linux");
        assertThatThrownBy(() -> Files.write(full, new byte[1]))
                .isInstanceOfSatisfying(
                        IOException.class,
                        e -> assertThat(Volume.failure(folder, e))
                                .isInstanceOfSatisfying(
                                        StageException.class,
                                        s -> assertThat(s.failure()).isEqualTo(FailureClass.StorageFull)));
        assertThat(Volume.failure(folder, new IOException("odd"))).isInstanceOf(UncheckedIOException.class);
    }

    private static String uid() {
        try {
            return String.valueOf(Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
