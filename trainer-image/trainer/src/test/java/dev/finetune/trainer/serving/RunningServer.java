package dev.finetune.trainer.serving;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.finetune.api.Answer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.assertj.core.api.Assertions;

/** A real server on a free port with a fake model, and a real client. */
final class RunningServer implements AutoCloseable {
    static final String DIGEST = "sha256:" + "0123456789abcdef".repeat(4);
    static final LoadedModel.Identity IDENTITY = new LoadedModel.Identity("sms", "0123456789ab", DIGEST);
    private static final ObjectMapper JSON = new ObjectMapper();

    final FakePredictor predictor = new FakePredictor();
    final ModelServer server;
    final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    RunningServer(ServerOptions options, ModelLoader loader, ModelServer.Pause pause) {
        server = ModelServer.start(options, loader, pause);
    }

    private RunningServer(ServerOptions options) {
        server = ModelServer.start(options, () -> model(predictor), time -> {});
        server.ready().join();
    }

    static RunningServer start() {
        return start(options(16, 64, Duration.ofSeconds(20)));
    }

    static RunningServer start(ServerOptions options) {
        return new RunningServer(options);
    }

    static ServerOptions options(int maxBatchSize, int maxConcurrency, Duration timeout) {
        return new ServerOptions(0, null, maxBatchSize, maxConcurrency, timeout, Duration.ZERO, Duration.ofSeconds(10));
    }

    static LoadedModel model(FakePredictor predictor) {
        return new LoadedModel(
                IDENTITY,
                new LoadedModel.Shape(false, dev.finetune.api.Answer.Label, predictor.labels()),
                new LoadedModel.Pages("# Card of <sms>", "<p>report</p>".getBytes(StandardCharsets.UTF_8)),
                predictor);
    }

    record Answer(int status, HttpResponse<String> response, JsonNode json) {
        Answer expect(int expected) {
            Assertions.assertThat(status).as(response.body()).isEqualTo(expected);
            return this;
        }

        String error() {
            return json.path("error").asText();
        }
    }

    URI uri(String path) {
        return URI.create("http://localhost:" + server.port() + path);
    }

    Answer get(String path) {
        return send(HttpRequest.newBuilder(uri(path)));
    }

    Answer post(String path, String contentType, String body) {
        return send(HttpRequest.newBuilder(uri(path))
                .header("Content-Type", contentType)
                .POST(BodyPublishers.ofString(body)));
    }

    Answer predict(String text) {
        return post("/predict", "text/plain", text);
    }

    CompletableFuture<Answer> predictLater(String text) {
        return client.sendAsync(
                        HttpRequest.newBuilder(uri("/predict"))
                                .header("Content-Type", "text/plain")
                                .POST(BodyPublishers.ofString(text))
                                .build(),
                        BodyHandlers.ofString())
                .thenApply(RunningServer::answer);
    }

    Answer infer(List<String> texts) throws Exception {
        return post(
                "/v2/models/sms/infer",
                "application/json",
                "{\"inputs\":[{\"name\":\"text\",\"datatype\":\"BYTES\",\"shape\":[%d],\"data\":%s}]}"
                        .formatted(texts.size(), JSON.writeValueAsString(texts)));
    }

    Answer send(HttpRequest.Builder request) {
        try {
            return answer(client.send(request.timeout(Duration.ofSeconds(30)).build(), BodyHandlers.ofString()));
        } catch (java.io.IOException | InterruptedException e) {
            throw new AssertionError("no answer", e);
        }
    }

    private static Answer answer(HttpResponse<String> response) {
        try {
            boolean json =
                    response.headers().firstValue("Content-Type").orElse("").startsWith("application/json");
            return new Answer(
                    response.statusCode(), response, json ? JSON.readTree(response.body()) : JSON.missingNode());
        } catch (java.io.IOException e) {
            throw new AssertionError("not JSON: " + response.body(), e);
        }
    }

    @Override
    public void close() throws InterruptedException {
        predictor.release(1000);
        server.drain();
        client.close();
    }
}
