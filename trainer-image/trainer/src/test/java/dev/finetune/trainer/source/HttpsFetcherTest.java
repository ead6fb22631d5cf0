package dev.finetune.trainer.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.api.FailureClass;
import dev.finetune.api.Json;
import dev.finetune.api.run.StageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.assertj.core.api.AbstractThrowableAssert;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HttpsFetcherTest {
    private static final long NO_LIMIT = Long.MAX_VALUE;

    @TempDir
    Path folder;

    private final byte[] body = bytes(1, 300_000);
    private final AtomicInteger count = new AtomicInteger();
    private final List<Duration> pauses = new ArrayList<>();
    private @Nullable TestServer server;
    private Duration readTimeout = Duration.ofSeconds(60);

    @AfterEach
    void stop() {
        if (server != null) {
            server.close();
        }
    }

    @Test
    void downloadsWholeFilesWithTheirDigest() throws IOException {
        start(exchange -> TestServer.serve(exchange, body, "", Integer.MAX_VALUE));
        FetchedFile file = fetch();
        assertThat(file.path()).hasBinaryContent(body);
        assertThat(file.sha256()).isEqualTo(Json.digest(body));
        assertThat(file.size()).isEqualTo(body.length);
    }

    @Test
    void resumesByRangeAfterABreak() throws IOException {
        start(exchange ->
                TestServer.serve(exchange, body, "\"v1\"", count.getAndIncrement() < 2 ? 100_000 : Integer.MAX_VALUE));
        assertThat(fetch().sha256()).isEqualTo(Json.digest(body));
        assertThat(folder.resolve("file")).hasBinaryContent(body);
        assertThat(server.requests).containsExactly("/f -", "/f bytes=100000-", "/f bytes=200000-");
    }

    @Test
    void readsAgainWhatAServerWithoutTagsBroke() throws IOException {
        start(exchange ->
                TestServer.serve(exchange, body, "", count.getAndIncrement() < 1 ? 100_000 : Integer.MAX_VALUE));
        assertThat(fetch().sha256()).isEqualTo(Json.digest(body));
        assertThat(folder.resolve("file")).hasBinaryContent(body);
        assertThat(server.requests).containsExactly("/f -", "/f -");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void neverJoinsTwoVersionsOfAFile(boolean tagged) throws IOException {
        byte[] newer = bytes(2, 250_000);
        start(exchange -> {
            boolean first = count.getAndIncrement() == 0;
            TestServer.serve(
                    exchange,
                    first ? body : newer,
                    tagged ? (first ? "\"v1\"" : "\"v2\"") : "",
                    first ? 100_000 : Integer.MAX_VALUE);
        });
        assertThat(fetch().sha256()).isEqualTo(Json.digest(newer));
        assertThat(folder.resolve("file")).hasBinaryContent(newer);
    }

    @Test
    void waitsAsLongAsABusyServerAsks() throws IOException {
        start(exchange -> {
            if (count.getAndIncrement() < 2) {
                exchange.getResponseHeaders().set("Retry-After", "7");
                exchange.sendResponseHeaders(503, -1);
            } else {
                TestServer.serve(exchange, body, "", Integer.MAX_VALUE);
            }
        });
        fetch();
        assertThat(pauses).containsExactly(Duration.ofSeconds(7), Duration.ofSeconds(7));
    }

    @Test
    void givesUpOnAServerThatStaysBusy() throws IOException {
        start(exchange -> exchange.sendResponseHeaders(500, -1));
        assertUnavailable(this::fetch).hasMessageContainingAll("answers 500", "6 attempts", "/f");
        assertThat(pauses).extracting(Duration::toSeconds).containsExactly(1L, 2L, 4L, 8L, 16L);
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {400, 401, 403, 404, 410})
    void believesADefiniteRefusalAtOnce(int status) throws IOException {
        start(exchange -> exchange.sendResponseHeaders(status, -1));
        assertUnavailable(this::fetch).hasMessageContaining(status == 410 ? "404" : String.valueOf(status));
        assertThat(server.requests).hasSize(1);
        assertThat(pauses).isEmpty();
    }

    @Test
    void doesNotWaitForEverForTheNextByte() throws IOException {
        CountDownLatch never = new CountDownLatch(1);
        readTimeout = Duration.ofMillis(300);
        start(exchange -> {
            boolean first = count.getAndIncrement() == 0;
            TestServer.serve(exchange, body, "\"v1\"", first ? 100_000 : Integer.MAX_VALUE);
            if (first) {
                await(never);
            }
        });
        assertThat(fetch().sha256()).isEqualTo(Json.digest(body));
        // At least: on a slow machine the second request may run into this short time-out as well.
        assertThat(server.requests).hasSizeGreaterThan(1).contains("/f bytes=100000-");
        never.countDown();
    }

    @Test
    void followsRedirectsToHttpsOnly() throws IOException {
        start(exchange -> {
            switch (exchange.getRequestURI().getPath()) {
                case "/f" -> redirect(exchange, "/moved?token=secret");
                case "/moved" -> TestServer.serve(exchange, body, "", Integer.MAX_VALUE);
                case "/down" -> redirect(exchange, "http://localhost/f");
                case "/file" -> redirect(exchange, "file:///etc/passwd");
                default -> redirect(exchange, "/round");
            }
        });
        assertThat(fetch().sha256()).isEqualTo(Json.digest(body));
        assertUnavailable(() -> fetch("/down")).hasMessageContainingAll("http://localhost", "only https");
        assertUnavailable(() -> fetch("/file")).hasMessageContaining("only https");
        assertUnavailable(() -> fetch("/round")).hasMessageContaining("redirects more than 5 times");
    }

    @Test
    void refusesWhatIsLargerThanAllowed() throws IOException {
        start(exchange -> {
            if (exchange.getRequestURI().getPath().equals("/f")) {
                TestServer.serve(exchange, body, "", Integer.MAX_VALUE);
            } else {
                // Length unknown: chunked.
                exchange.sendResponseHeaders(200, 0);
                exchange.getResponseBody().write(body);
            }
        });
        assertUnavailable(() -> fetcher().fetch(server.uri("/f"), folder.resolve("file"), 1_000))
                .hasMessageContaining("1000 bytes");
        assertUnavailable(() -> fetcher().fetch(server.uri("/g"), folder.resolve("file"), 1_000))
                .hasMessageContaining("1000 bytes");
        assertThat(fetcher()
                        .fetch(server.uri("/g"), folder.resolve("file"), NO_LIMIT)
                        .size())
                .isEqualTo(body.length);
    }

    @Test
    void refusesACertificateThatNobodyVouchesFor() throws IOException {
        start(exchange -> TestServer.serve(exchange, body, "", Integer.MAX_VALUE));
        HttpsFetcher distrustful = new HttpsFetcher(address -> true, null, pauses::add, Duration.ofSeconds(5));
        assertUnavailable(() -> distrustful.fetch(server.uri("/f"), folder.resolve("file"), NO_LIMIT))
                .hasMessageContaining("certificate is not trusted");
        assertThat(pauses).isEmpty();
    }

    @Test
    void refusesLoopbackInProduction() throws IOException {
        start(exchange -> TestServer.serve(exchange, body, "", Integer.MAX_VALUE));
        assertUnavailable(() -> new HttpsFetcher().fetch(server.uri("/f"), folder.resolve("file"), NO_LIMIT))
                .hasMessageContainingAll("localhost is ", "loopback");
        assertThat(server.requests).isEmpty();
    }

    @Test
    void saysThatANameDoesNotResolve() {
        HttpsFetcher fetcher = new HttpsFetcher(address -> true, null, pauses::add, Duration.ofSeconds(5));
        assertUnavailable(() -> fetcher.fetch(
                        java.net.URI.create("https://no-such-host.invalid/f"), folder.resolve("file"), NO_LIMIT))
                .hasMessageContainingAll("no-such-host.invalid", "does not resolve");
    }

    private FetchedFile fetch() {
        return fetch("/f");
    }

    private FetchedFile fetch(String path) {
        return fetcher().fetch(server.uri(path), folder.resolve("file"), NO_LIMIT);
    }

    private HttpsFetcher fetcher() {
        return new HttpsFetcher(address -> true, server.trust(), pauses::add, readTimeout);
    }

    private void start(TestServer.Answer answer) throws IOException {
        server = new TestServer(answer);
    }

    private static AbstractThrowableAssert<?, ? extends Throwable> assertUnavailable(Supplier<?> call) {
        return assertThatThrownBy(call::get)
                .isInstanceOfSatisfying(
                        StageException.class, e -> assertThat(e.failure()).isEqualTo(FailureClass.SourceUnavailable));
    }

    private static void redirect(com.sun.net.httpserver.HttpExchange exchange, String to) throws IOException {
        exchange.getResponseHeaders().set("Location", to);
        exchange.sendResponseHeaders(302, -1);
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static byte[] bytes(long seed, int length) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }
}
