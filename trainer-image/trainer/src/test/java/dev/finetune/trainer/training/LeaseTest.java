package dev.finetune.trainer.training;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LeaseTest {
    @TempDir
    Path run;

    @Test
    void theNewerPodTakesOverAndTheOlderWritesNothingMore() {
        Lease older = Lease.take(run, "pod-a", "sha256:1");
        Lease newer = Lease.take(run, "pod-b", "sha256:1");

        assertThatCode(newer::check).doesNotThrowAnyException();
        assertThatThrownBy(() -> DurableFiles.write(run.resolve("x"), older, p -> Files.writeString(p, "x")))
                .hasMessageContaining("pod-b");
        org.assertj.core.api.Assertions.assertThat(run.resolve("x")).doesNotExist();
    }

    @Test
    void aLeaseThatWasRemovedIsLost() throws Exception {
        Lease lease = Lease.take(run, "pod-a", "sha256:1");
        Files.delete(run.resolve("lease"));

        assertThatThrownBy(lease::check).hasMessageContaining("nobody");
    }
}
