package dev.finetune.acceptance.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.finetune.acceptance.Contended;
import dev.finetune.acceptance.LocalCluster;
import dev.finetune.acceptance.OperatorUnderTest;
import dev.finetune.api.Json;
import dev.finetune.api.run.Stage;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Objects that no schema of ours would take, in a real API server: with them stored, the operator starts and goes on, tells each what
 * cannot be read, and works for its neighbours, also after today's schema is back over them.
 */
@Order(2)
@ResourceLock(Contended.KINDS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class PoisonIT {
    @RegisterExtension
    static final LocalCluster CLUSTER = LocalCluster.controlPlane();

    private static final YAMLMapper YAML = new YAMLMapper();
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final int WRITERS = 4;
    private static final String CONFIG = """
            image: registry.example/finetune-trainer:1
            defaultProfile: default
            store: {claimName: models}
            profiles:
              default:
                workspace: {size: 1Gi}
                serviceAccounts: [trainer]
                priorityClasses: [low]
            """;

    /** The kinds, by their plural names. */
    private static final Map<String, String> GOOD =
            Map.of("finetunejobs", Stagehand.manifest("good", """
                    training: {hyperparameters: {epochs: 3, batchSize: 8, learningRate: "1e-4"}}
                    podTemplate:
                      tolerations: [{key: gpu, operator: Exists}]
                      resources: {requests: {memory: 1Gi}}
                    """), "modeldeployments", """
            apiVersion: finetune.dev/v1alpha1
            kind: ModelDeployment
            metadata: {name: good}
            spec:
              model:
                type: Artifact
                artifact: {storageUri: "pvc://models/reviews", digest: "sha256:%s"}
              podTemplate:
                tolerations: [{key: gpu, operator: Exists}]
                resources: {requests: {memory: 1Gi}}
            """.formatted("1".repeat(64)));

    /** What was stored, by plural and name. */
    private static final Map<String, Map<String, Poison>> stored = new ConcurrentHashMap<>();

    private static Stagehand stage;
    private static @Nullable OperatorUnderTest operator;

    @BeforeAll
    static void takeAnything() {
        stage = new Stagehand(CLUSTER.client(), CLUSTER.newNamespace("poison"));
        OperatorUnderTest.install(CLUSTER, stage.namespace);
        laxKinds();
    }

    /** Other classes use these kinds as well. */
    @AfterAll
    static void cleanUp() {
        stop();
        removeAll();
        OperatorUnderTest.install(CLUSTER, stage.namespace);
    }

    @ParameterizedTest
    @Order(1)
    @ValueSource(strings = {"finetunejobs", "modeldeployments"})
    void aMemberOfAWrongTypeIsNamedAndHarmsNothingElse(String plural) {
        stop();
        stage.submit("before-" + plural, "");
        // Even ones before the operator looks and odd ones while it does: a list and a watch are read in different
        // ways.
        store(plural, "spec", 0, 2);
        start();
        store(plural, "spec", 1, 2);
        stage.submit("after-" + plural, "");

        awaitAllTold(Map::of);
        stage.awaitChild("before-" + plural + "-prepare-1");
        stage.awaitChild("after-" + plural + "-prepare-1");
        theOperatorIsWell();
    }

    @ParameterizedTest
    @Order(2)
    @ValueSource(strings = {"finetunejobs", "modeldeployments"})
    void aStatusThatCannotBeReadIsWrittenAnew(String plural) {
        // Nothing wakes the operator for a status: it is read by the next one that looks at everything.
        stop();
        store(plural, "status", 0, 1);
        start();

        awaitAllTold(Map::of);
        theOperatorIsWell();
    }

    @Test
    @Order(3)
    void todaysSchemaMayComeBackOverThem() {
        strictKinds();
        stage.submit("later", "");

        stage.play("before-finetunejobs", Stage.prepare, 1);
        stage.awaitChild("before-finetunejobs-train-1");
        stage.awaitChild("later-prepare-1");
        theOperatorIsWell();
    }

    /** The API server refuses every write to an object that its schema cannot hold, so also that of a status. */
    @Test
    @Order(4)
    void whatWasStoredUnseenBeforeTheSchemaCameBackIsToldByEvents() {
        stop();
        removeAll();
        laxKinds();
        store("finetunejobs", "spec", 0, 7);
        store("modeldeployments", "spec", 0, 7);
        strictKinds();
        start();
        stage.submit("last", "");

        stage.play("last", Stage.prepare, 1);
        stage.awaitChild("last-train-1");
        awaitAllTold(PoisonIT::events);
        triesBecomeRare();
        theOperatorIsWell();
    }

    private static void start() {
        operator = OperatorUnderTest.startOnWhatIsInstalled(CLUSTER, stage.namespace, CONFIG);
    }

    private static void stop() {
        if (operator != null) {
            operator.close();
            operator = null;
        }
    }

    /** Every {@code step}th of what there is, from {@code first} on. */
    private static void store(String plural, String part, int first, int step) {
        Path crd = CLUSTER.checkout().resolve("crds/finetune.dev_" + plural + ".yaml");
        List<Poison> all = part.equals("spec") ? Poison.ofSpec(crd) : Poison.ofStatus(crd);
        // Many at a time: one after the other, most of the time goes into waiting for answers.
        try (ExecutorService writers = Executors.newFixedThreadPool(WRITERS)) {
            CompletableFuture.allOf(IntStream.iterate(first, i -> i < all.size(), i -> i + step)
                            .mapToObj(i -> CompletableFuture.runAsync(
                                    () -> store(plural, part + "-" + i, read(GOOD.get(plural)), all.get(i)), writers))
                            .toArray(CompletableFuture[]::new))
                    .join();
        }
    }

    private static void store(String plural, String name, ObjectNode object, Poison poison) {
        object.withObject("/metadata").put("name", name);
        if (!poison.isNamed() && plural.equals("finetunejobs")) {
            // Admitted as a rule, and what hundreds of jobs would then do is not the question here.
            object.withObject("/spec").put("suspend", true);
        }
        boolean inSpec = poison.path().getFirst().equals("spec");
        CLUSTER.client().raw(collection(plural), "POST", inSpec ? poison.into(object) : object);
        if (!inSpec) {
            writeStatus(plural, name, poison);
        }
        stored.computeIfAbsent(plural, p -> new ConcurrentHashMap<>()).put(name, poison);
    }

    /** As another version of the operator leaves it. */
    private static void writeStatus(String plural, String name, Poison poison) {
        String path = collection(plural) + "/" + name;
        Awaitility.await("the status of " + name + " is poisoned")
                .ignoreExceptionsMatching(PoisonIT::isConflict)
                .until(() ->
                        CLUSTER.client().raw(path + "/status", "PUT", poison.into((ObjectNode) get(path))) != null);
    }

    private static boolean isConflict(Throwable e) {
        return e instanceof KubernetesClientException refused && refused.getCode() == HttpURLConnection.HTTP_CONFLICT;
    }

    /** Every stored object carries conditions, or events where it can carry none; those that have to name the member do. */
    private static void awaitAllTold(Supplier<Map<String, String>> toldByEvents) {
        Awaitility.await("every object is told")
                .atMost(PATIENCE)
                // A look reads some thousand objects, on the cores that the operator works on.
                .pollInterval(Duration.ofSeconds(2))
                .untilAsserted(() -> {
                    Map<String, String> events = toldByEvents.get();
                    List<String> untold = new ArrayList<>();
                    stored.forEach((plural, poisons) -> {
                        Map<String, JsonNode> live = list(plural);
                        poisons.forEach((name, poison) -> {
                            JsonNode object = live.get(name);
                            String told = events.getOrDefault(
                                    object.at("/metadata/uid").asText(), "");
                            if (!isTold(object, poison) && !isToldByEvents(told, poison)) {
                                untold.add("%s %s (%s): status %s, events %s"
                                        .formatted(plural, name, poison, object.path("status"), told));
                            }
                        });
                    });
                    assertThat(untold.stream().limit(20))
                            .as("%d are not told", untold.size())
                            .isEmpty();
                });
    }

    private static boolean isTold(JsonNode object, Poison poison) {
        JsonNode stalled = condition(object, "Stalled");
        if (poison.isNamed()) {
            return stalled.path("status").asText().equals("True")
                    && stalled.path("reason").asText().equals("InvalidSpec")
                    && stalled.path("message").asText().contains(poison.shown() + ": ");
        }
        return object.at("/status/observedGeneration").asLong() == 1
                && condition(object, "Ready").isObject();
    }

    private static boolean isToldByEvents(String events, Poison poison) {
        return events.contains("StatusRefused: ")
                && (!poison.isNamed() || events.contains("InvalidSpec") && events.contains(poison.shown() + ": "));
    }

    /** What was told by events, by the uid of the object. */
    private static Map<String, String> events() {
        Map<String, String> told = new HashMap<>();
        get("/apis/events.k8s.io/v1/namespaces/" + stage.namespace + "/events")
                .path("items")
                .forEach(e -> told.merge(
                        e.at("/regarding/uid").asText(),
                        e.path("reason").asText() + ": " + e.path("note").asText() + "\n",
                        String::concat));
        return told;
    }

    /** In the end none is tried more than twice in five seconds. The client sends once more what was answered with 5xx. */
    private static void triesBecomeRare() {
        AtomicReference<Map<String, Long>> before = new AtomicReference<>(statusWrites());
        Awaitility.await("tries become rare")
                .during(Duration.ofSeconds(5))
                .atMost(PATIENCE)
                .until(() -> {
                    Map<String, Long> now = statusWrites();
                    boolean rare = now.entrySet().stream()
                            .allMatch(e -> e.getValue() - before.get().getOrDefault(e.getKey(), 0L) <= 4);
                    if (!rare) {
                        before.set(now);
                    }
                    return rare;
                });
    }

    private static Map<String, Long> statusWrites() {
        return operator.writes().stream()
                .filter(w -> w.startsWith("PATCH ") && w.endsWith("/status"))
                .collect(Collectors.groupingBy(w -> w, Collectors.counting()));
    }

    private static JsonNode condition(JsonNode object, String type) {
        return StreamSupport.stream(object.at("/status/conditions").spliterator(), false)
                .filter(c -> c.path("type").asText().equals(type))
                .findFirst()
                .orElse(MissingNode.getInstance());
    }

    /** A watch that a changed schema ends is soon opened again; the kubelet waits for a minute. */
    private static void theOperatorIsWell() {
        try (HttpClient http = HttpClient.newHttpClient()) {
            for (String path : List.of("/livez", "/readyz")) {
                HttpRequest request = HttpRequest.newBuilder(URI.create("http://localhost:" + operator.port() + path))
                        .build();
                Awaitility.await(path)
                        .atMost(Duration.ofSeconds(20))
                        .until(() -> http.send(request, HttpResponse.BodyHandlers.ofString())
                                        .statusCode()
                                == HttpURLConnection.HTTP_OK);
            }
        }
    }

    private static void removeAll() {
        GOOD.keySet().forEach(plural -> CLUSTER.kubectl("delete", "--raw", collection(plural)));
        stored.clear();
    }

    /** The kinds as they would be with no schema at all. */
    private static void laxKinds() {
        for (String plural : GOOD.keySet()) {
            ObjectNode crd = crd(plural);
            ObjectNode version = (ObjectNode) crd.at("/spec/versions/0");
            version.remove("selectableFields");
            // With it the server itself refuses a spec that is no object.
            ((ObjectNode) version.path("subresources")).remove("scale");
            version.putObject("schema")
                    .putObject("openAPIV3Schema")
                    .put("type", "object")
                    .put("x-kubernetes-preserve-unknown-fields", true);
            replace(crd);
            Awaitility.await(plural + " take anything").ignoreExceptions().until(() -> {
                CLUSTER.client().raw(collection(plural) + "?dryRun=All", "POST", probe(plural));
                return true;
            });
        }
    }

    private static void strictKinds() {
        for (String plural : GOOD.keySet()) {
            replace(crd(plural));
            Awaitility.await(plural + " take nothing wrong").until(() -> {
                try {
                    CLUSTER.client().raw(collection(plural) + "?dryRun=All", "POST", probe(plural));
                    return false;
                } catch (KubernetesClientException e) {
                    return e.getCode() == 422;
                }
            });
        }
    }

    private static ObjectNode probe(String plural) {
        ObjectNode probe = read(GOOD.get(plural));
        probe.withObject("/metadata").put("name", "probe");
        return probe.put("spec", 7);
    }

    private static void replace(ObjectNode crd) {
        String path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/"
                + crd.at("/metadata/name").asText();
        crd.withObject("/metadata")
                .put(
                        "resourceVersion",
                        get(path).at("/metadata/resourceVersion").asText());
        CLUSTER.client().raw(path, "PUT", crd);
    }

    private static Map<String, JsonNode> list(String plural) {
        Map<String, JsonNode> all = new HashMap<>();
        get(collection(plural))
                .path("items")
                .forEach(o -> all.put(o.at("/metadata/name").asText(), o));
        return all;
    }

    private static JsonNode get(String path) {
        try {
            return Json.MAPPER.readTree(CLUSTER.client().raw(path));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String collection(String plural) {
        return "/apis/finetune.dev/v1alpha1/namespaces/" + stage.namespace + "/" + plural;
    }

    private static ObjectNode crd(String plural) {
        try {
            return read(Files.readString(CLUSTER.checkout().resolve("crds/finetune.dev_" + plural + ".yaml")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static ObjectNode read(String yaml) {
        try {
            return (ObjectNode) YAML.readTree(yaml);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
