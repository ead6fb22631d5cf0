package dev.finetune.trainer.serving;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How it behaves when more is asked than it can do. */
@Timeout(60)
class LoadTest {
    @Test
    void answersALoneRequestAtOnceAndBatchesWhatArrivesWhileTheEngineIsBusy() throws Exception {
        try (RunningServer server = RunningServer.start(RunningServer.options(4, 64, Duration.ofSeconds(20)))) {
            server.predictor.hold();
            CompletableFuture<RunningServer.Answer> first = server.predictLater("first");
            assertThat(server.predictor.awaitBatch()).containsExactly("first");

            List<CompletableFuture<RunningServer.Answer>> rest = new ArrayList<>();
            IntStream.range(0, 6).forEach(i -> rest.add(server.predictLater((i % 2 == 0 ? "spam " : "ham ") + i)));
            awaitQueue(server, 6);
            server.predictor.release(10);

            assertThat(first.join().expect(200).json().path("label").asText()).isEqualTo("ham");
            for (int i = 0; i < 6; i++) {
                assertThat(rest.get(i).join().expect(200).json().path("label").asText())
                        .isEqualTo(i % 2 == 0 ? "spam" : "ham");
            }
            assertThat(server.predictor.batches.stream().map(List::size)).containsExactly(1, 4, 2);
        }
    }

    @Test
    void splitsALargeRequestOverBatchesAndKeepsItsOrder() throws Exception {
        try (RunningServer server = RunningServer.start(RunningServer.options(4, 64, Duration.ofSeconds(20)))) {
            List<String> texts = IntStream.range(0, 11)
                    .mapToObj(i -> i % 3 == 0 ? "spam" : "ham")
                    .toList();

            var labels = server.infer(texts)
                    .expect(200)
                    .json()
                    .path("outputs")
                    .get(0)
                    .path("data");

            assertThat(labels).hasSize(11);
            assertThat(labels.toString())
                    .isEqualTo(new com.fasterxml.jackson.databind.ObjectMapper().writeValueAsString(texts));
            assertThat(server.predictor.batches).allSatisfy(b -> assertThat(b).hasSizeLessThanOrEqualTo(4));
        }
    }

    @Test
    void turnsAwayWhatGoesBeyondMaxConcurrencyAndKeepsAnsweringProbes() throws Exception {
        try (RunningServer server = RunningServer.start(RunningServer.options(1, 2, Duration.ofSeconds(20)))) {
            server.predictor.hold();
            CompletableFuture<RunningServer.Answer> first = server.predictLater("one");
            server.predictor.awaitBatch();
            CompletableFuture<RunningServer.Answer> second = server.predictLater("two");
            awaitQueue(server, 1);

            var refused = server.predict("three").expect(429);

            assertThat(refused.response().headers().firstValue("Retry-After")).contains("1");
            server.get("/v2/health/ready").expect(200);
            server.predictor.release(10);
            first.join().expect(200);
            second.join().expect(200);
            server.predict("four").expect(200);
        }
    }

    @Test
    void givesUpAtTheDeadlineAndDoesNotScoreWhatNobodyWaitsFor() throws Exception {
        try (RunningServer server = RunningServer.start(RunningServer.options(1, 64, Duration.ofMillis(300)))) {
            server.predictor.hold();
            CompletableFuture<RunningServer.Answer> running = server.predictLater("running");
            server.predictor.awaitBatch();

            assertThat(server.predict("waiting").expect(504).error()).contains("300 ms");
            running.join().expect(504);
            server.predictor.release(10);

            server.predict("next").expect(200);
            assertThat(server.predictor.batches).containsExactly(List.of("running"), List.of("next"));
        }
    }

    @Test
    void oneBadInputDoesNotSpoilItsNeighbours() throws Exception {
        try (RunningServer server = RunningServer.start()) {
            server.predictor.hold();
            CompletableFuture<RunningServer.Answer> first = server.predictLater("first");
            server.predictor.awaitBatch();
            CompletableFuture<RunningServer.Answer> bad = server.predictLater(FakePredictor.POISON);
            CompletableFuture<RunningServer.Answer> good = server.predictLater("spam");
            awaitQueue(server, 2);
            server.predictor.release(10);

            first.join().expect(200);
            good.join().expect(200);
            assertThat(bad.join().expect(500).error())
                    .contains("failed on this input")
                    .doesNotContain("a test's");
        }
    }

    @Test
    void aDeadEngineIsToldToTheProcessAndNoRequestHangs() throws Exception {
        try (RunningServer server = RunningServer.start()) {
            server.predict(FakePredictor.FATAL).expect(500);

            assertThat(server.server.died().join()).isInstanceOf(OutOfMemoryError.class);
            server.predict("after").expect(500);
        }
    }

    @Test
    void manyClientsGetTheirOwnAnswers() throws Exception {
        try (RunningServer server = RunningServer.start(RunningServer.options(8, 1000, Duration.ofSeconds(20)))) {
            List<Integer> order =
                    new ArrayList<>(IntStream.range(0, 300).boxed().toList());
            Collections.shuffle(order, new java.util.Random(7));
            List<CompletableFuture<Void>> answers = order.stream()
                    .map(i -> server.predictLater(i % 2 == 0 ? "spam " + i : "ham " + i)
                            .thenAccept(a -> assertThat(
                                            a.expect(200).json().path("label").asText())
                                    .isEqualTo(i % 2 == 0 ? "spam" : "ham")))
                    .toList();

            CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new)).join();
        }
    }

    private static void awaitQueue(RunningServer server, int size) {
        Awaitility.await()
                .until(() -> server.get("/metrics").response().body().contains("finetune_queue_size " + size));
    }
}
