package dev.finetune.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.finetune.api.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** The examples of tagged words and of pairs of texts on a real node, as they are but for the number of pairs. */
@Execution(ExecutionMode.SAME_THREAD)
class TextExamplesIT {
    @RegisterExtension
    static final LocalCluster CLUSTER = LocalCluster.node();

    private static final Path EXAMPLES = Installation.checkout().resolve("examples");
    private static final Duration LONG = Duration.ofMinutes(20);
    /** How many rows of each file, which has some three times as many; each row that fits is followed by one that does not. */
    private static final Map<String, Integer> PAIRS =
            Map.of("train.csv", 2400, "validation.csv", 400, "test.csv", 1000);

    @TempDir
    static Path scratch;

    private static String namespace = "";

    @BeforeAll
    static void installAndUpload() {
        Installation.require(CLUSTER);
        Path first = Installation.example();
        namespace = CLUSTER.newNamespace("text-examples");
        kubectl("apply", "-f", first.resolve("claims.yaml").toString());
        Installation.upload(CLUSTER, first.resolve("data/minilm"), "models/base/minilm", namespace);
    }

    @Test
    void theWordsOfAnAddressAreTagged() throws Exception {
        Path example = EXAMPLES.resolve("03-us-addresses");
        Installation.run(example.resolve("fetch"), List.of(), "");
        kubectl(
                "create",
                "configmap",
                "us-addresses",
                "--from-file=" + example.resolve("data/train.conll"),
                "--from-file=" + example.resolve("data/test.conll"));

        JsonNode job = published(example, "us-addresses");

        assertThat(job.at("/status/evaluation/summary/beforeBaseline").asText()).isEqualTo("MajorityClass");
        assertThat(job.at("/status/dataset/findings").toString())
                .contains("\"Leakage\"")
                .contains("\"NearLeakage\"");
        JsonNode entities = ask("us-addresses", "text/plain", "221 N Michigan Ave Suite 400, Chicago, IL 60601")
                .path("entities");
        assertThat(entities)
                .extracting(entity ->
                        entity.path("type").asText() + " " + entity.path("text").asText())
                .contains("NUMBER 221", "CITY Chicago", "STATE IL", "ZIP 60601");
    }

    @Test
    void aDefinitionFitsASentenceOrNot() throws Exception {
        Path example = EXAMPLES.resolve("04-definitions");
        Installation.run(example.resolve("fetch"), List.of(), "");
        Installation.upload(CLUSTER, someOf(example.resolve("data/pairs")), "models/data/definitions", namespace);

        JsonNode job = published(example, "definitions");

        assertThat(job.at("/status/evaluation/summary/beforeBaseline").asText()).isEqualTo("LinearProbe");
        assertThat(fits("a cereal grass with edible grains")).isEqualTo("yes");
        assertThat(fits("a person who plays a musical instrument")).isEqualTo("no");
    }

    private static String fits(String definition) throws IOException, InterruptedException {
        String pair = "{\"text\": \"wheat: they grow wheat and rye\", \"textPair\": \"%s\"}";
        return ask("definitions", "application/json", pair.formatted(definition))
                .path("label")
                .asText();
    }

    private static Path someOf(Path pairs) throws IOException {
        Path some = Files.createDirectory(scratch.resolve("pairs"));
        for (Map.Entry<String, Integer> file : PAIRS.entrySet()) {
            try (Stream<String> lines = Files.lines(pairs.resolve(file.getKey()))) {
                Files.write(
                        some.resolve(file.getKey()), (Iterable<String>) lines.limit(1L + file.getValue())::iterator);
            }
        }
        return some;
    }

    /** The job of an example after it ended; its gate passed and its model is served. */
    private static JsonNode published(Path example, String name) throws IOException {
        kubectl("apply", "-f", example.resolve("job.yaml").toString());
        JsonNode job = Awaitility.await(name + " ends")
                .atMost(LONG)
                .pollInterval(Duration.ofSeconds(1))
                .until(
                        () -> get("ftj", name),
                        ended -> condition(ended, "Complete").equals("True")
                                || condition(ended, "Failed").equals("True"));
        assertThat(condition(job, "GatePassed"))
                .as(() -> kubectl("describe", "ftj", name))
                .isEqualTo("True");
        JsonNode summary = job.at("/status/evaluation/summary");
        assertThat(summary.path("after").asDouble())
                .isGreaterThan(summary.path("before").asDouble());
        Awaitility.await(name + " is served")
                .atMost(Duration.ofMinutes(3))
                .until(() -> condition(get("mdep", name), "Ready").equals("True"));
        return job;
    }

    private static JsonNode ask(String name, String type, String body) throws IOException, InterruptedException {
        String address = CLUSTER.client()
                .services()
                .inNamespace(namespace)
                .withName(name)
                .get()
                .getSpec()
                .getClusterIP();
        try (HttpClient http = HttpClient.newHttpClient()) {
            HttpResponse<String> response = http.send(
                    HttpRequest.newBuilder(URI.create("http://" + address + "/predict"))
                            .header("Content-Type", type)
                            .timeout(Duration.ofSeconds(30))
                            .POST(HttpRequest.BodyPublishers.ofString(body))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
            return Json.MAPPER.readTree(response.body());
        }
    }

    private static JsonNode get(String kind, String name) throws IOException {
        return Json.MAPPER.readTree(kubectl("get", kind, name, "-o", "json"));
    }

    private static String condition(JsonNode object, String type) {
        for (JsonNode condition : object.at("/status/conditions")) {
            if (condition.path("type").asText().equals(type)) {
                return condition.path("status").asText();
            }
        }
        return "";
    }

    private static String kubectl(String... arguments) {
        return CLUSTER.kubectl(Stream.concat(Stream.of("--namespace=" + namespace), Stream.of(arguments))
                .toArray(String[]::new));
    }
}
