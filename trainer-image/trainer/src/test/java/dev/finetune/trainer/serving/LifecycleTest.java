package dev.finetune.trainer.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.api.FailureClass;
import dev.finetune.api.run.StageException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LifecycleTest {
    private static final ServerOptions OPTIONS = RunningServer.options(16, 64, Duration.ofSeconds(20));

    @Test
    void isAliveButNotReadyWhileTheModelLoads() throws Exception {
        CountDownLatch load = new CountDownLatch(1);
        FakePredictor predictor = new FakePredictor();
        ModelLoader loader = () -> {
            load.await();
            return RunningServer.model(predictor);
        };
        try (RunningServer server = new RunningServer(OPTIONS, loader, time -> {})) {
            server.get("/v2/health/live").expect(200);
            server.get("/v2/health/ready").expect(503);
            server.get("/v2/models/sms/ready").expect(503);
            server.get("/").expect(503);
            var early = server.predict("spam").expect(503);
            assertThat(early.error()).isEqualTo("the model is loading");
            assertThat(early.response().headers().firstValue("Retry-After")).contains("1");

            load.countDown();
            server.server.ready().join();

            server.get("/v2/health/ready").expect(200);
            server.predict("spam").expect(200);
        }
        assertThat(predictor.closed).isTrue();
    }

    @Test
    void neverTurnsReadyWithAModelThatIsNotTheOneThatWasJudged() throws Exception {
        ModelLoader loader = () -> {
            throw new StageException(FailureClass.DigestMismatch, "expected this, got that");
        };
        try (RunningServer server = new RunningServer(OPTIONS, loader, time -> {})) {
            assertThatThrownBy(() -> server.server.ready().join()).hasRootCauseMessage("expected this, got that");
            server.get("/v2/health/ready").expect(503);
            assertThat(server.predict("x").expect(503).error()).contains("cannot be served");
        }
    }

    @Test
    void settlesThenFinishesWhatItOwesThenStops() throws Exception {
        CountDownLatch settling = new CountDownLatch(1);
        CountDownLatch settled = new CountDownLatch(1);
        FakePredictor predictor = new FakePredictor();
        RunningServer server = new RunningServer(OPTIONS, () -> RunningServer.model(predictor), time -> {
            settling.countDown();
            settled.await();
        });
        server.server.ready().join();
        URI address = server.uri("/v2");
        predictor.hold();

        CompletableFuture<Void> drained = CompletableFuture.runAsync(() -> {
            try {
                server.server.drain();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        });
        settling.await();

        // Not ready, but what still arrives is accepted, and told to go elsewhere next time.
        server.get("/v2/health/ready").expect(503);
        server.get("/v2/health/live").expect(200);
        CompletableFuture<RunningServer.Answer> owed = server.predictLater("spam");
        predictor.awaitBatch();

        settled.countDown();
        Awaitility.await().untilAsserted(() -> server.predict("late").expect(503));
        assertThat(drained).isNotDone();
        predictor.release(10);

        var answer = owed.join().expect(200);
        assertThat(answer.response().headers().firstValue("Connection").orElse(""))
                .isEqualToIgnoringCase("close");
        drained.join();
        assertThat(server.server.died()).as("a planned end is no death").isNotDone();
        assertThatThrownBy(
                        () -> server.client.send(HttpRequest.newBuilder(address).build(), BodyHandlers.ofString()))
                .isInstanceOf(ConnectException.class);
        assertThat(predictor.closed).isTrue();
        server.client.close();
    }

    @Test
    void waitsForOwedAnswersNoLongerThanTheDrainTime() throws Exception {
        ServerOptions impatient =
                new ServerOptions(0, null, 16, 64, Duration.ofSeconds(20), Duration.ZERO, Duration.ofMillis(50));
        FakePredictor predictor = new FakePredictor();
        RunningServer server = new RunningServer(impatient, () -> RunningServer.model(predictor), time -> {});
        server.server.ready().join();
        predictor.hold();
        CompletableFuture<RunningServer.Answer> stuck = server.predictLater("stuck");
        predictor.awaitBatch();

        server.server.drain();

        assertThat(stuck.handle((answer, failure) -> failure != null || answer.status() >= 500)
                        .join())
                .isTrue();
        server.client.shutdownNow();
    }
}
