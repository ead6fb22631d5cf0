package dev.finetune.trainer.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DurableFilesTest {
    @TempDir
    Path folder;

    @Test
    void aFileIsReplacedAndNothingIsLeftBesideIt() throws IOException {
        Path file = folder.resolve("new/deep/file");

        DurableFiles.write(file, "one".getBytes());
        DurableFiles.write(file, out -> out.write("two".getBytes()));

        assertThat(file).hasContent("two");
        assertThat(file.getParent()).isDirectoryNotContaining("glob:**/.*");
    }

    @Test
    void aFolderIsReplacedAsAWhole() throws IOException {
        Path target = folder.resolve("model");

        DurableFiles.replace(target, fresh -> filled(fresh, "old", "stale"));
        DurableFiles.replace(target, fresh -> filled(fresh, "new", "kept"));

        assertThat(target.resolve("kept")).hasContent("new");
        assertThat(target.resolve("stale")).doesNotExist();
        assertThat(folder).isDirectoryNotContaining("glob:**/.*");
    }

    @Test
    void whatFailsHalfwayOrIsRefusedLeavesWhatWasThere() throws IOException {
        Path target = folder.resolve("model");
        DurableFiles.replace(target, fresh -> filled(fresh, "old", "kept"));

        assertThatThrownBy(() -> DurableFiles.replace(target, fresh -> {
                    filled(fresh, "half", "half");
                    throw new IOException("broken off");
                }))
                .hasMessage("broken off");
        assertThatThrownBy(() -> DurableFiles.replace(target, fresh -> filled(fresh, "new", "kept"), () -> {
                    throw new IllegalStateException("not any more");
                }))
                .hasMessage("not any more");

        assertThat(target.resolve("kept")).hasContent("old");
        assertThat(folder).isDirectoryNotContaining("glob:**/.*");
    }

    @Test
    void whatAKilledProcessLeftIsNoHindranceAndNothingIsLost() throws IOException {
        Path target = folder.resolve("model");
        filled(folder.resolve(".tmp-model"), "half", "half");
        filled(folder.resolve(".old-model"), "old", "kept");

        assertThatThrownBy(() -> DurableFiles.replace(target, fresh -> {
                    throw new IOException("broken off");
                }))
                .hasMessage("broken off");
        assertThat(target.resolve("kept")).hasContent("old");

        DurableFiles.replace(target, fresh -> filled(fresh, "new", "kept"));
        assertThat(target.resolve("kept")).hasContent("new");
        assertThat(folder).isDirectoryNotContaining("glob:**/.*");
    }

    @Test
    void whoComesSecondDoesNotReplaceAFolderThatIsThere() throws IOException {
        Path target = folder.resolve("model");
        DurableFiles.create(target, fresh -> filled(fresh, "first", "kept"));

        assertThatThrownBy(() -> DurableFiles.create(target, fresh -> filled(fresh, "second", "kept")))
                .isInstanceOf(FileAlreadyExistsException.class);

        assertThat(target.resolve("kept")).hasContent("first");
        assertThat(folder).isDirectoryNotContaining("glob:**/.*");
    }

    private static void filled(Path target, String content, String name) throws IOException {
        Files.createDirectories(target);
        Files.writeString(target.resolve(name), content);
    }
}
