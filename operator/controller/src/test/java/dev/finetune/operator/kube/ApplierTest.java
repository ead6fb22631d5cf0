package dev.finetune.operator.kube;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.Mockito.mock;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.finetune.api.FineTuneJobStatus;
import dev.finetune.api.Json;
import dev.finetune.operator.desired.Announcement;
import dev.finetune.operator.desired.Decision;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What becomes of a decision whose status the API server does not take; a server that always answers the same plays its part. */
class ApplierTest {
    private static final String SERVER_SAYS =
            "failed to create typed live object (team/reviews; finetune.dev/v1alpha1, Kind=FineTuneJob): .spec.training: expected map, got &{[1]}";

    private final Queue<String> requests = new ConcurrentLinkedQueue<>();
    private final Queue<JsonNode> events = new ConcurrentLinkedQueue<>();
    private final FineTuneJob job = new FineTuneJob();
    private int answer;
    private String says = SERVER_SAYS;
    private HttpServer server;
    private KubernetesClient client;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress("localhost", 0), 0);
        server.createContext("/", this::handle);
        server.start();
        Config config = new ConfigBuilder(Config.empty())
                .withMasterUrl("http://localhost:" + server.getAddress().getPort())
                .build();
        client = LenientClient.create(config);
        job.setMetadata(new ObjectMetaBuilder()
                .withName("reviews")
                .withNamespace("team")
                .withUid("uid-1")
                .withResourceVersion("7")
                .build());
    }

    @AfterEach
    void stop() {
        client.close();
        server.stop(0);
    }

    @Test
    void whatARefusedStatusWouldHaveToldIsToldByEvents() {
        for (int refusal : List.of(422, 500)) {
            events.clear();
            requests.clear();
            answer = refusal;

            assertThatThrownBy(this::apply)
                    .isInstanceOf(StatusRefused.class)
                    .hasMessageContaining("%d", refusal)
                    .hasMessageContaining("delete the object and create it anew")
                    .hasMessageContaining(SERVER_SAYS);

            assertThat(events).extracting(e -> e.path("reason").asText()).containsExactly("Failed", "StatusRefused");
            assertThat(events)
                    .extracting(e -> e.path("note").asText())
                    .satisfiesExactly(
                            note -> assertThat(note).isEqualTo("InvalidSpec: spec.training: expected an object"),
                            note -> assertThat(note).contains(SERVER_SAYS));
            assertThat(requests)
                    .as("nothing is made for a status that was not stored")
                    .noneMatch(r -> r.contains("configmaps"));
        }
    }

    @Test
    void troubleThatIsNotTheObjectsIsNotToldAsIfItWere() {
        for (int trouble : List.of(403, 500)) {
            answer = trouble;
            says = "etcdserver: request timed out";

            assertThatThrownBy(this::apply).isInstanceOf(KubernetesClientException.class);

            assertThat(events).isEmpty();
        }
    }

    private void apply() {
        Decision<FineTuneJobStatus> decision = new Decision<>(
                new FineTuneJobStatus(1L, List.of(), null, null, null, null, null, null, null, null, null, null, null),
                List.of(new ConfigMapBuilder()
                        .withNewMetadata()
                        .withName("reviews-plan-prepare-1")
                        .withNamespace("team")
                        .endMetadata()
                        .build()),
                List.of(),
                List.of(),
                List.of(Announcement.warning("Failed", "InvalidSpec: spec.training: expected an object")),
                Optional.empty());
        @SuppressWarnings("unchecked")
        Context<FineTuneJob> context = mock(Context.class);
        new Applier(client, new EventRecorder(client, Clock.systemUTC(), "test")).apply(job, decision, context);
    }

    private void handle(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        requests.add(exchange.getRequestMethod() + " " + path);
        byte[] body = exchange.getRequestBody().readAllBytes();
        boolean isStatus = path.endsWith("/finetunejobs/reviews/status");
        if (path.endsWith("/events")) {
            events.add(Json.MAPPER.readTree(body));
        }
        byte[] reply = isStatus
                ? "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\",\"code\":%d,\"message\":\"%s\"}"
                        .formatted(answer, says)
                        .getBytes(StandardCharsets.UTF_8)
                : body;
        exchange.getResponseHeaders().add("Content-Type", "application/json");
        exchange.sendResponseHeaders(isStatus ? answer : 201, reply.length);
        exchange.getResponseBody().write(reply);
        exchange.close();
    }
}
