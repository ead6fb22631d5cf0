package dev.finetune.trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.api.FailureClass;
import dev.finetune.api.FineTuneJobSpec;
import dev.finetune.api.Json;
import dev.finetune.api.run.JobIdentity;
import dev.finetune.api.run.Outcome;
import dev.finetune.api.run.Plan;
import dev.finetune.api.run.Progress;
import dev.finetune.api.run.Stage;
import dev.finetune.api.run.StageException;
import dev.finetune.api.run.StageResult;
import dev.finetune.trainer.dataset.Workspace;
import dev.finetune.trainer.training.Stops;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PodStageTest {
    private static final FineTuneJobSpec SPEC =
            new FineTuneJobSpec(null, null, null, null, null, null, null, null, null, null, null, null);

    @TempDir
    private Path folder;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final AtomicInteger calls = new AtomicInteger();
    private final AtomicReference<Instant> now = new AtomicReference<>(Instant.EPOCH);
    private final SignalGuard guard = SignalGuard.detached(code -> {});
    private Path termination;

    @BeforeEach
    void mounts() throws IOException {
        termination = Files.createFile(folder.resolve("termination-log"));
    }

    @Test
    void leavesItsResultInTheFileTheTerminationMessageAndTheLog() throws IOException {
        Path plan = plan(Stage.prepare);

        assertThat(run(plan, Stage.prepare, this::succeed)).isZero();

        StageResult result = Json.MAPPER.readValue(termination.toFile(), StageResult.class);
        assertThat(result.outcome()).isEqualTo(Outcome.Succeeded);
        assertThat(result.planDigest()).isEqualTo(Json.digest(Files.readAllBytes(plan)));
        assertThat(folder.resolve("workspace/train/result.json")).hasContent(Json.write(result));
        assertThat(out()).contains("result " + Json.write(result));
    }

    @Test
    void startedAgainWithTheSamePlanItAnswersWithoutWorking() throws IOException {
        run(plan(Stage.train), Stage.train, this::succeed);
        Files.writeString(termination, "");

        assertThat(run(plan(Stage.train), Stage.train, this::succeed)).isZero();

        assertThat(calls).hasValue(1);
        assertThat(termination).content().contains("\"outcome\":\"Succeeded\"");
        assertThat(run(plan(Stage.train, 2), Stage.train, this::succeed)).isZero();
        assertThat(calls).hasValue(2);
    }

    @Test
    void aFailureIsTriedAgain() throws IOException {
        StageWork failing = (plan, digest, s) -> {
            calls.incrementAndGet();
            throw new StageException(FailureClass.NumericDivergence, "loss is NaN");
        };
        assertThat(run(plan(Stage.train), Stage.train, failing)).isEqualTo(44);
        assertThat(run(plan(Stage.train), Stage.train, failing)).isEqualTo(44);
        assertThat(calls).hasValue(2);
    }

    @Test
    void printsTheReportOfEvaluateAsOneLineAlsoTheSecondTime() throws IOException {
        StageWork evaluate = (plan, digest, s) -> {
            Path result = Files.createDirectories(s.workspace().result());
            Files.writeString(result.resolve("report.json"), "{\n  \"a\": [1,\n 2]\n}\n");
            return succeed(plan, digest, s);
        };
        run(plan(Stage.evaluate), Stage.evaluate, evaluate);
        run(plan(Stage.evaluate), Stage.evaluate, evaluate);

        assertThat(out().lines().filter(l -> l.equals("report {\"a\":[1,2]}"))).hasSize(2);
    }

    @Test
    void tellsProgressAtMostEveryTenSeconds() throws IOException {
        StageWork work = (plan, digest, s) -> {
            for (int i = 0; i < 25; i++) {
                s.progress().accept(new Progress(Stage.train, null, (long) i, null, null, null, null));
                now.updateAndGet(t -> t.plusSeconds(1));
            }
            return succeed(plan, digest, s);
        };
        run(plan(Stage.train), Stage.train, work);

        assertThat(out().lines().filter(l -> l.startsWith("progress ")))
                .containsExactly(
                        "progress {\"stage\":\"train\",\"step\":0}",
                        "progress {\"stage\":\"train\",\"step\":10}",
                        "progress {\"stage\":\"train\",\"step\":20}");
    }

    @Test
    void refusesAPlanThatIsNotTheOneThatWasMeant() throws IOException {
        Path plan = plan(Stage.prepare);

        assertThat(new PodStage(pod(plan, "sha256:0"), this::succeed, guard).run(Stage.prepare))
                .isEqualTo(42);
        assertThat(err()).contains("error: DigestMismatch: ").contains("expected the plan sha256:0");
        assertThat(run(plan, Stage.train, this::succeed)).isEqualTo(42);
        assertThat(err()).contains("expected a plan of train, got one of prepare");
        assertThat(calls).hasValue(0);
    }

    @Test
    void refusesAPlanOfAnotherVersionWhateverElseItHolds() throws IOException {
        Path plan = Files.writeString(folder.resolve("plan.json"), "{\"planVersion\":2,\"novelty\":true}");

        assertThat(run(plan, Stage.prepare, this::succeed)).isEqualTo(42);
        assertThat(err()).contains("planVersion 2 is unknown to this trainer");
    }

    @ParameterizedTest
    @CsvSource({
        "InvalidSpec,42", "InvalidData,42", "DigestMismatch,42", "LicenseNotAllowed,42", "OutOfMemory,43",
        "NumericDivergence,44", "StorageUnavailable,45", "StorageFull,45", "SourceUnavailable,46", "Internal,1"
    })
    void endsWithTheExitCodeOfTheContract(FailureClass failure, int code) throws IOException {
        int actual = run(plan(Stage.prepare), Stage.prepare, (plan, digest, s) -> {
            throw new StageException(failure, "what and why");
        });

        assertThat(actual).isEqualTo(code);
        assertThat(err()).contains("error: " + failure + ": what and why");
        StageResult result = Json.MAPPER.readValue(termination.toFile(), StageResult.class);
        assertThat(result.failure().type()).isEqualTo(failure);
        assertThat(folder.resolve("workspace/train/result.json")).doesNotExist();
    }

    @Test
    void knowsWhatItDidNotExpect() throws IOException {
        assertThat(failingWith(new OutOfMemoryError("Java heap space"))).isEqualTo(43);
        assertThat(failingWith(new IOException("No space left on device"))).isEqualTo(45);
        assertThat(failingWith(new java.io.UncheckedIOException(new IOException("a: Read-only file system"))))
                .isEqualTo(45);
        assertThat(failingWith(new IllegalStateException("DefaultCPUAllocator: can't allocate memory")))
                .isEqualTo(43);
        assertThat(failingWith(new IllegalStateException("a bug"))).isEqualTo(1);
        assertThat(err()).contains("at dev.finetune.trainer.cli.PodStageTest");
    }

    @Test
    void onSigtermTrainingSavesBeforeTheProcessEndsWith143() throws Exception {
        CountDownLatch running = new CountDownLatch(1);
        CompletableFuture<Integer> halted = new CompletableFuture<>();
        SignalGuard signals = SignalGuard.detached(halted::complete);
        StageWork training = (plan, digest, s) -> {
            running.countDown();
            while (!s.stop().requested()) {
                Thread.onSpinWait();
            }
            Files.writeString(folder.resolve("saved"), "checkpoint");
            throw Stops.stopped();
        };
        PodStage stage = new PodStage(pod(plan(Stage.train), null), training, signals);
        CompletableFuture<Integer> status = CompletableFuture.supplyAsync(() -> stage.run(Stage.train));
        running.await();

        signals.terminate();

        assertThat(halted.join()).isEqualTo(143);
        assertThat(folder.resolve("saved")).exists();
        assertThat(status.join()).isEqualTo(143);
        assertThat(termination).isEmptyFile();
    }

    @Test
    void onSigtermAStageWithNothingToSaveEndsAtOnce() {
        CompletableFuture<Integer> halted = new CompletableFuture<>();
        SignalGuard signals = SignalGuard.detached(halted::complete);
        signals.saves(false);

        signals.terminate();

        assertThat(halted.join()).isEqualTo(143);
    }

    private int failingWith(Throwable failure) throws IOException {
        return run(plan(Stage.prepare), Stage.prepare, (plan, digest, s) -> {
            if (failure instanceof Error error) {
                throw error;
            }
            throw (Exception) failure;
        });
    }

    private StageResult succeed(Plan plan, String planDigest, StageWork.Surroundings s) {
        calls.incrementAndGet();
        return Results.of(plan, planDigest);
    }

    private int run(Path plan, Stage stage, StageWork work) {
        return new PodStage(pod(plan, null), work, guard).run(stage);
    }

    private PodStage.Pod pod(Path plan, String digest) {
        return new PodStage.Pod(
                plan,
                digest,
                new Workspace(folder.resolve("workspace")),
                folder.resolve("store"),
                termination,
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                now::get);
    }

    private Path plan(Stage stage) throws IOException {
        return plan(stage, 1);
    }

    private Path plan(Stage stage, int run) throws IOException {
        Plan plan = new Plan(
                Plan.VERSION,
                new JobIdentity("a", "b", "c"),
                stage,
                run,
                SPEC,
                "pvc://models",
                List.of(),
                null,
                null,
                null,
                null,
                null,
                null,
                "test");
        return Files.writeString(folder.resolve("plan.json"), Json.write(plan));
    }

    private String out() {
        return out.toString(StandardCharsets.UTF_8);
    }

    private String err() {
        return err.toString(StandardCharsets.UTF_8);
    }
}
