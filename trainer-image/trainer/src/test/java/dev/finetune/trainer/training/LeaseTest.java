package dev.finetune.trainer.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
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
        assertThatThrownBy(() -> older.write(run.resolve("x"), p -> Files.writeString(p, "x")))
                .hasMessageContaining("pod-b");
        assertThat(run.resolve("x")).doesNotExist();
    }

    @Test
    void aLeaseThatWasRemovedIsLost() throws Exception {
        Lease lease = Lease.take(run, "pod-a", "sha256:1");
        Files.delete(run.resolve("lease"));

        assertThatThrownBy(lease::check).hasMessageContaining("nobody");
    }

    @Test
    void aPodIsKnownByItsUidAndWhateverRunsElsewhereIsNew() {
        assertThat(Lease.holder(Map.of("POD_UID", "0b1c", "HOSTNAME", "pod-a"))).isEqualTo("0b1c");
        assertThat(Lease.holder(Map.of("HOSTNAME", "laptop"))).isNotEqualTo(Lease.holder(Map.of("HOSTNAME", "laptop")));
    }

    @Test
    void theFileNamesThePodsUidAndThePlan() throws Exception {
        Lease.take(run, Lease.holder(Map.of("POD_UID", "0b1c")), "sha256:1");

        assertThat(run.resolve("lease")).content().contains("\"holder\":\"0b1c\"", "\"planDigest\":\"sha256:1\"");
    }
}
