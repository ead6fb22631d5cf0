package dev.finetune.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.api.FailureClass;
import dev.finetune.api.run.StageException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelConfigTest {
    @TempDir
    Path folder;

    @Test
    void saysWhereAFileIsNotJson() {
        refused("model_type: bert".getBytes(StandardCharsets.UTF_8), "is not JSON (line 1, column 12: ");
    }

    /** A reader of JSON takes the first four bytes for the mark of UTF-32, in which the rest is no character. */
    @Test
    void saysSoOfBytesThatAreNoText() {
        refused(HexFormat.of().parseHex("0000feffffffffff"), "is not JSON (");
    }

    private void refused(byte[] content, String text) {
        assertThatThrownBy(() -> {
                    Files.write(folder.resolve("config.json"), content);
                    ModelConfig.read(folder);
                })
                .isInstanceOfSatisfying(
                        StageException.class, e -> assertThat(e.failure()).isEqualTo(FailureClass.InvalidData))
                .hasMessageContaining(folder.resolve("config.json") + " " + text);
    }
}
