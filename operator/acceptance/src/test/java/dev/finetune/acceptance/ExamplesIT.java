package dev.finetune.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.finetune.api.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** The examples after the first, which {@link LoopIT} runs: each as its README says, to what its README shows. */
@Execution(ExecutionMode.SAME_THREAD)
class ExamplesIT {
    @RegisterExtension
    static final LocalCluster CLUSTER = LocalCluster.node();

    private static final Duration LONG = Duration.ofMinutes(20);

    @Test
    void imagesOfDigitsBecomeAModelThatIsProvenBetterThanTheProbeAndServed() throws Exception {
        Installation.require(CLUSTER);
        Path examples = Installation.checkout().resolve("examples");
        Path example = examples.resolve("02-images");
        Installation.run(example.resolve("fetch"), List.of(), "");
        Namespace namespace = new Namespace(CLUSTER.newNamespace("images"));
        namespace.kubectl(
                "apply", "-f", examples.resolve("01-sms-spam/claims.yaml").toString());
        Installation.upload(CLUSTER, example.resolve("data"), "models/inputs/digits", namespace.name);
        namespace.kubectl("apply", "-f", example.resolve("job.yaml").toString());

        JsonNode job = namespace.complete("digits");

        assertThat(condition(job, "GatePassed"))
                .as(() -> namespace.kubectl("describe", "ftj", "digits"))
                .isEqualTo("True");
        JsonNode summary = job.at("/status/evaluation/summary");
        assertThat(summary.path("beforeBaseline").asText()).isEqualTo("LinearProbe");
        assertThat(summary.path("after").asDouble())
                .isGreaterThan(0.95)
                .isGreaterThan(summary.path("before").asDouble());
        Awaitility.await("the deployment serves")
                .atMost(Duration.ofMinutes(3))
                .until(() -> condition(namespace.get("mdep", "digits"), "Ready").equals("True"));
        try (ZipFile digits = new ZipFile(example.resolve("data/test.zip").toFile())) {
            int right = 0;
            List<? extends ZipEntry> some = digits.stream()
                    .filter(e -> e.getName().endsWith("4.png"))
                    .limit(50)
                    .toList();
            for (ZipEntry digit : some) {
                byte[] png = digits.getInputStream(digit).readAllBytes();
                String answer = namespace.ask(HttpRequest.newBuilder(namespace.address("digits", "/predict"))
                        .header("Content-Type", "image/png")
                        .POST(HttpRequest.BodyPublishers.ofByteArray(png))
                        .build());
                right += Json.MAPPER
                                .readTree(answer)
                                .path("label")
                                .asText()
                                .equals(digit.getName().substring(0, 1))
                        ? 1
                        : 0;
            }
            assertThat(right).isGreaterThan(45);
        }
        assertThat(namespace.ask(HttpRequest.newBuilder(namespace.address("digits", "/report"))
                        .build()))
                .contains("<h1>", "LinearProbe", "waited for data");
    }

    private static String condition(JsonNode object, String type) {
        for (JsonNode condition : object.at("/status/conditions")) {
            if (condition.path("type").asText().equals(type)) {
                return condition.path("status").asText();
            }
        }
        return "";
    }

    /** Where an example runs. */
    private record Namespace(String name) {
        String kubectl(String... arguments) {
            return CLUSTER.kubectl(Stream.concat(Stream.of("--namespace=" + name), Stream.of(arguments))
                    .toArray(String[]::new));
        }

        JsonNode get(String kind, String object) throws IOException {
            return Json.MAPPER.readTree(kubectl("get", kind, object, "-o", "json"));
        }

        JsonNode complete(String job) {
            JsonNode ended = Awaitility.await(job + " ends")
                    .atMost(LONG)
                    .pollInterval(Duration.ofSeconds(1))
                    .until(
                            () -> get("ftj", job),
                            now -> condition(now, "Complete").equals("True")
                                    || condition(now, "Failed").equals("True"));
            assertThat(condition(ended, "Complete"))
                    .as(() -> kubectl("describe", "ftj", job))
                    .isEqualTo("True");
            return ended;
        }

        URI address(String service, String path) {
            return URI.create("http://"
                    + CLUSTER.client()
                            .services()
                            .inNamespace(name)
                            .withName(service)
                            .get()
                            .getSpec()
                            .getClusterIP()
                    + path);
        }

        String ask(HttpRequest request) throws IOException, InterruptedException {
            try (HttpClient http = HttpClient.newHttpClient()) {
                HttpResponse<String> response = http.send(request, BodyHandlers.ofString());
                assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
                return response.body();
            }
        }
    }
}
