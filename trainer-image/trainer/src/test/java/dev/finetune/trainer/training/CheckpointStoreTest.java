package dev.finetune.trainer.training;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointStoreTest {
    @TempDir
    Path run;

    private Lease lease;
    private CheckpointStore store;

    @BeforeEach
    void openStore() {
        lease = Lease.take(run, "pod", "sha256:plan");
        store = new CheckpointStore(run, "sha256:training", 2, lease);
    }

    @Test
    void keepsTheNewestOnesAndReadsBackWhatItWrote() throws Exception {
        save(store, 10, null);
        save(store, 20, null);
        save(store, 30, null);

        assertThat(store.newest().orElseThrow().state().position().step()).isEqualTo(30);
        assertThat(Files.readString(store.newest().orElseThrow().folder().resolve("weights.safetensors")))
                .isEqualTo("weights of 30");
        try (Stream<Path> left = Files.list(run.resolve("checkpoints"))) {
            assertThat(left).hasSize(2);
        }
    }

    @Test
    void aByteThatFlippedSendsItBackToTheOneBefore() throws Exception {
        save(store, 10, null);
        save(store, 20, null);
        Path file = run.resolve("checkpoints/step-0000000020/weights.safetensors");
        byte[] bytes = Files.readAllBytes(file);
        bytes[new Random(1).nextInt(bytes.length)] ^= 1;
        Files.write(file, bytes);

        assertThat(store.newest().orElseThrow().state().position().step()).isEqualTo(10);
    }

    @Test
    void aTornStateOrAMissingFileSendsItBackToo() throws Exception {
        save(store, 10, null);
        save(store, 20, null);
        Path state = run.resolve("checkpoints/step-0000000020/state.json");
        Files.write(state, java.util.Arrays.copyOf(Files.readAllBytes(state), 30));
        assertThat(store.newest().orElseThrow().state().position().step()).isEqualTo(10);

        Files.delete(run.resolve("checkpoints/step-0000000010/weights.safetensors"));
        assertThat(store.newest()).isEmpty();
    }

    @Test
    void anotherTrainingIsNotContinued() {
        save(store, 10, null);

        assertThat(new CheckpointStore(run, "sha256:other", 2, lease).newest()).isEmpty();
    }

    @Test
    void bestWeightsStayAsLongAsACheckpointRefersToThem() throws Exception {
        CheckpointState.BestWeights first = store.saveBest(5, p -> Files.writeString(p, "best 5"));
        save(store, 5, first);
        CheckpointState.BestWeights second = store.saveBest(15, p -> Files.writeString(p, "best 15"));
        save(store, 10, first);
        assertThat(store.path(second)).exists();
        save(store, 15, second);
        assertThat(store.path(first)).exists();
        save(store, 20, second);

        assertThat(store.path(first)).doesNotExist();
        assertThat(store.newest().orElseThrow().state().best()).isEqualTo(second);

        Files.writeString(store.path(second), "torn");
        assertThat(store.newest()).isEmpty();
    }

    @Test
    void leftOversOfAKilledWriteAreNoCheckpoint() throws Exception {
        Path unfinished = run.resolve("checkpoints/.tmp-step-0000000010");
        Files.createDirectories(unfinished);
        Files.writeString(unfinished.resolve("weights.safetensors"), "half");
        assertThat(store.newest()).isEmpty();

        save(store, 10, null);
        assertThat(store.newest().orElseThrow().state().position().step()).isEqualTo(10);
    }

    private static void save(CheckpointStore store, long step, CheckpointState.BestWeights best) {
        Position position = new Position(
                step, 0, (int) step, 0.5, 1.0, Selection.start("loss", false, null, 0), History.start(100));
        CheckpointState state = new CheckpointState(
                CheckpointState.VERSION,
                "sha256:training",
                position,
                best,
                new MicroBatch(32, 4096),
                new Hardware("cpu", 2),
                true,
                Map.of());
        store.save(state, Map.of("weights.safetensors", p -> Files.writeString(p, "weights of " + step)));
    }
}
