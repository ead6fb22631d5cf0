package dev.finetune.trainer.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import dev.finetune.api.BaseModelSource;
import dev.finetune.api.Json;
import dev.finetune.api.SecretReference;
import dev.finetune.api.run.StageException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is fetched a second time, by another job with the same cache. */
class CachedDownloadTest {
    @TempDir
    Path root;

    private final byte[] body = new byte[(1 << 20) + 5];
    private int fetches;

    @BeforeEach
    void someBytes() {
        new Random(1).nextBytes(body);
    }

    @Test
    void ofAnHttpsServerAnUnchangedFileIsAskedForAndNotSentAgain() throws IOException {
        WebServer web = new WebServer();
        try (TestServer server = new TestServer(web::answer)) {
            assertThat(web(server, "/f").sha256()).isEqualTo(Json.digest(body));
            assertThat(web.sent).hasValue(body.length);

            FetchedFile again = web(server, "/f");

            assertThat(again.sha256()).isEqualTo(Json.digest(body));
            assertThat(again.path()).hasBinaryContent(body);
            assertThat(web.sent).hasValue(body.length);
            assertThat(server.requests).hasSize(2);
        }
    }

    @Test
    void aFileThatChangedIsFetchedAgain() throws IOException {
        WebServer web = new WebServer();
        try (TestServer server = new TestServer(web::answer)) {
            web(server, "/f");
            body[7] ^= 1;
            web.tag = "\"v2\"";
            assertThat(web(server, "/f").sha256()).isEqualTo(Json.digest(body));
            long sent = web.sent.get();
            assertThat(web(server, "/f").path()).hasBinaryContent(body);
            assertThat(web.sent).hasValue(sent);
        }
    }

    @Test
    void whoMayNotReadItGetsTheServersAnswerAndNotTheBytes() throws IOException {
        WebServer web = new WebServer();
        try (TestServer server = new TestServer(web::answer)) {
            web(server, "/f");
            for (int refused : new int[] {401, 403}) {
                web.status = refused;
                assertThatThrownBy(() -> web(server, "/f"))
                        .isInstanceOf(StageException.class)
                        .hasMessageContaining("answers " + refused);
            }
            web.status = 404;
            assertThatThrownBy(() -> web(server, "/f")).hasMessageContaining("404");
        }
    }

    @Test
    void anAddressWithAQueryIsNeitherKeptNorWrittenDown() throws IOException {
        WebServer web = new WebServer();
        try (TestServer server = new TestServer(web::answer)) {
            web(server, "/f?X-Amz-Signature=s3cret");
            web(server, "/f?X-Amz-Signature=s3cret");
            assertThat(web.sent).hasValue(2L * body.length);
            assertThat(root.resolve("cache")).doesNotExist();
        }
    }

    @Test
    void aFileWhoseServerNamesNoVersionIsFetchedEachTime() throws IOException {
        WebServer web = new WebServer();
        web.tag = "W/\"weak\"";
        try (TestServer server = new TestServer(web::answer)) {
            web(server, "/f");
            web(server, "/f");
            assertThat(web.sent).hasValue(2L * body.length);
        }
    }

    @Test
    void aDamagedEntryIsFetchedAgain() throws IOException {
        WebServer web = new WebServer();
        try (TestServer server = new TestServer(web::answer)) {
            web(server, "/f");
            Path stored = stored().getFirst();
            byte[] bytes = Files.readAllBytes(stored);
            bytes[0] ^= 1;
            Files.write(stored, bytes);

            assertThat(web(server, "/f").path()).hasBinaryContent(body);
            assertThat(web.sent).hasValue(2L * body.length);
            assertThat(stored()).singleElement().satisfies(s -> assertThat(s).hasBinaryContent(body));
        }
    }

    @Test
    void ofABucketAnUnchangedObjectIsNotSentAgain() throws IOException {
        try (S3Fixture s3 = S3Fixture.start(root)) {
            s3.folder("").put(Files.write(root.resolve("f"), body), "f");
            s3.forgetRequests();
            Location location = s3.location("f");
            assertThat(pod().data(location, scratch()).path()).hasBinaryContent(body);
            assertThat(s3.requests("GET")).hasSize(1);
            FetchedData again = pod().data(location, scratch());
            assertThat(again.path()).hasBinaryContent(body);
            assertThat(again.contents().digest()).isEqualTo(Json.digest(body));
            assertThat(s3.requests("GET")).hasSize(2);
            assertThat(s3.notModified()).isEqualTo(1);

            Files.writeString(root.resolve("secret/s3/AWS_ACCESS_KEY_ID"), "AKIANOBODY");
            assertThatThrownBy(() -> pod().data(s3.location("f"), scratch())).hasMessageContaining("forbids");
        }
    }

    @Test
    void ofAHubAModelIsAskedForAndNotSentAgain() throws IOException {
        try (HubDouble hub = hub("private/tiny")) {
            Files.writeString(root.resolve("secret/hub/HF_TOKEN"), HubDouble.TOKEN);
            String digest = model("hf://private/tiny").digest();
            hub.requests.clear();

            assertThat(model("hf://private/tiny").digest()).isEqualTo(digest);

            assertThat(hub.requests).noneMatch(r -> r.startsWith("storage "));
            assertThat(hub.requests)
                    .anyMatch(r -> r.startsWith("hub HEAD ") && r.contains("model.safetensors"))
                    .noneMatch(r -> r.startsWith("hub GET ") && r.contains("tokenizer.json"));
            hub.refusesFiles = true;
            assertThatThrownBy(() -> model("hf://private/tiny"))
                    .isInstanceOf(StageException.class)
                    .hasMessageContaining("HF_TOKEN of Secret 'hub'");
            assertThat(texts(root.resolve("cache/index"))).isNotEmpty().noneMatch(t -> t.contains(HubDouble.TOKEN));
        }
    }

    @Test
    void ofARegistryABlobIsAskedForAndNotSentAgain() throws Exception {
        try (OciFixture fixture = OciFixture.startDouble(root)) {
            OciRepository.Blob blob = OciRepository.Blob.of("application/octet-stream", body);
            fixture.repository("blobs").put(blob);
            OciDescriptor descriptor = new OciDescriptor(blob.mediaType(), blob.digest(), blob.size(), Map.of());
            cached(fixture).blob(descriptor, scratch().resolve("f"), Long.MAX_VALUE);
            OciDouble registry = fixture.asDouble();
            registry.requests.clear();

            FetchedFile again = cached(fixture).blob(descriptor, scratch().resolve("f"), Long.MAX_VALUE);

            assertThat(again.path()).hasBinaryContent(body);
            assertThat(registry.requests)
                    .anyMatch(r -> r.contains("HEAD"))
                    .noneMatch(r -> r.contains("GET") && r.contains("/blobs/"));
            registry.faults.add(403);
            assertThatThrownBy(() -> cached(fixture).blob(descriptor, scratch().resolve("f"), Long.MAX_VALUE))
                    .isInstanceOf(StageException.class)
                    .hasMessageContaining("403");
        }
    }

    private OciRepository cached(OciFixture fixture) {
        return new OciRepository(
                new SourceUri.Oci(fixture.registry(), "blobs", "", "", ""),
                fixture.credentials(),
                OciSession.Access.read,
                address -> true,
                pause -> {},
                Duration.ofSeconds(20),
                cache());
    }

    private static List<String> texts(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            return all.filter(Files::isRegularFile)
                    .map(f -> {
                        try {
                            return Files.readString(f);
                        } catch (IOException e) {
                            throw new java.io.UncheckedIOException(e);
                        }
                    })
                    .toList();
        }
    }

    private HubDouble hub(String name) throws IOException {
        HubDouble hub = new HubDouble();
        Path secret = Files.createDirectories(root.resolve("secret/hub"));
        Files.writeString(secret.resolve("HF_ENDPOINT"), hub.endpoint());
        Files.writeString(secret.resolve("ca.crt"), TestServer.certificate());
        hub.commit(
                "models",
                name,
                "main",
                "1".repeat(40),
                Map.of(
                        "config.json",
                        "{}".getBytes(StandardCharsets.UTF_8),
                        "tokenizer.json",
                        new byte[(1 << 20) + 1],
                        "model.safetensors",
                        body));
        return hub;
    }

    private ModelSource.Verified model(String address) {
        return ModelSource.fetch(
                pod(),
                new BaseModelSource(address, new SecretReference("hub"), null, null),
                root.resolve("model-" + fetches++));
    }

    private SourceResolver pod() {
        return SourceResolver.below(root, new HttpsFetcher(), name -> null, cache());
    }

    private Path scratch() {
        return root.resolve("scratch-" + fetches++);
    }

    private FetchedFile web(TestServer server, String path) {
        return new HttpsFetcher(address -> true, server.trust(), pause -> {}, Duration.ofSeconds(20), cache())
                .fetch(server.uri(path), scratch().resolve("f"), Long.MAX_VALUE);
    }

    private SharedCache cache() {
        return SharedCache.in(root.resolve("cache"), Long.MAX_VALUE, 100, InstantSource.system());
    }

    private List<Path> stored() throws IOException {
        try (Stream<Path> all = Files.walk(root.resolve("cache/sha256"))) {
            return all.filter(Files::isRegularFile).toList();
        }
    }

    /** A server that knows conditions, and counts the bytes that it sends. */
    private final class WebServer {
        final AtomicLong sent = new AtomicLong();
        volatile String tag = "\"v1\"";
        volatile int status = 200;

        void answer(HttpExchange exchange) throws IOException {
            if (status != 200) {
                exchange.sendResponseHeaders(status, -1);
            } else if (tag.equals(exchange.getRequestHeaders().getFirst("If-None-Match"))) {
                exchange.sendResponseHeaders(304, -1);
            } else {
                if (exchange.getRequestHeaders().getFirst("If-None-Match") == null) {
                    sent.addAndGet(body.length);
                }
                TestServer.serve(exchange, body, tag, Integer.MAX_VALUE);
            }
        }
    }
}
