package dev.finetune.trainer.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CpuLimitTest {
    @TempDir
    private Path temp;

    @ParameterizedTest
    @CsvSource({"max 100000, 8", "250000 100000, 2", "50000 100000, 1", "1600000 100000, 8", "nonsense, 8"})
    void the_quota_is_rounded_down_to_whole_cores_and_never_exceeds_what_is_there(String cpuMax, int cores)
            throws IOException {
        Path file = Files.writeString(temp.resolve("cpu.max"), cpuMax + "\n");
        assertThat(CpuLimit.cores(file, 8)).isEqualTo(cores);
        assertThat(CpuLimit.cores(temp.resolve("absent"), 8)).isEqualTo(8);
    }
}
