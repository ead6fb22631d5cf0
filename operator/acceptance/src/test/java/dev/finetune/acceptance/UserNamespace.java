package dev.finetune.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.finetune.api.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/** A namespace as its users see it: what they apply, look at and ask there. */
record UserNamespace(LocalCluster cluster, String name) {
    private static final Duration LONG = Duration.ofMinutes(20);
    private static final Duration PATIENCE = Duration.ofMinutes(3);

    /** A new one, with the claims of the first example. */
    static UserNamespace withClaims(LocalCluster cluster, String prefix) {
        Installation.require(cluster);
        UserNamespace made = new UserNamespace(cluster, cluster.newNamespace(prefix));
        made.kubectl(
                "apply",
                "-f",
                Installation.checkout()
                        .resolve("examples/01-sms-spam/claims.yaml")
                        .toString());
        return made;
    }

    /** Copies a folder to a path on a claim. */
    void upload(Path folder, String claimAndPath) {
        Installation.upload(cluster, folder, claimAndPath, name);
    }

    String kubectl(String... arguments) {
        return cluster.kubectl(Stream.concat(Stream.of("--namespace=" + name), Stream.of(arguments))
                .toArray(String[]::new));
    }

    /** Without kubectl, as it is asked often, on the cores that the jobs train on. */
    JsonNode get(String plural, String object) {
        try {
            return Json.MAPPER.readTree(cluster.client()
                    .raw("/apis/finetune.dev/v1alpha1/namespaces/" + name + "/" + plural + "/" + object));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The job after it ended; it has to be complete, whatever its gate said. */
    JsonNode complete(String job) {
        JsonNode ended = Awaitility.await(job + " ends")
                .atMost(LONG)
                .pollInterval(Duration.ofSeconds(1))
                .until(
                        () -> get("finetunejobs", job),
                        now -> condition(now, "Complete").equals("True")
                                || condition(now, "Failed").equals("True"));
        assertThat(condition(ended, "Complete"))
                .as(() -> kubectl("describe", "ftj", job))
                .isEqualTo("True");
        return ended;
    }

    /** The job after it ended; its gate passed as the model is better, and a deployment of the same name serves it. */
    JsonNode published(String job) {
        JsonNode ended = complete(job);
        assertThat(condition(ended, "GatePassed"))
                .as(() -> kubectl("describe", "ftj", job))
                .isEqualTo("True");
        JsonNode summary = ended.at("/status/evaluation/summary");
        assertThat(summary.path("after").asDouble())
                .isGreaterThan(summary.path("before").asDouble());
        Awaitility.await(job + " is served")
                .atMost(PATIENCE)
                .until(() -> condition(get("modeldeployments", job), "Ready").equals("True"));
        return ended;
    }

    /** The status of a condition; empty where there is none. */
    static String condition(JsonNode object, String type) {
        for (JsonNode condition : object.at("/status/conditions")) {
            if (condition.path("type").asText().equals(type)) {
                return condition.path("status").asText();
            }
        }
        return "";
    }

    /** A request to a path of what a deployment serves. */
    HttpRequest.Builder to(String deployment, String path) {
        String address = cluster.client()
                .services()
                .inNamespace(name)
                .withName(deployment)
                .get()
                .getSpec()
                .getClusterIP();
        return HttpRequest.newBuilder(URI.create("http://" + address + path)).timeout(Duration.ofSeconds(30));
    }

    /** The answer to a body of that type, posted to {@code /predict}. */
    String predict(String deployment, String type, byte[] body) throws IOException, InterruptedException {
        return answer(to(deployment, "/predict")
                .header("Content-Type", type)
                .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                .build());
    }

    /** The body of an answer with status 200; any other fails. */
    static String answer(HttpRequest request) throws IOException, InterruptedException {
        try (HttpClient http = HttpClient.newHttpClient()) {
            HttpResponse<String> response = http.send(request, BodyHandlers.ofString());
            if (response.statusCode() != 200) {
                throw new IllegalStateException(response.statusCode() + " " + response.body());
            }
            return response.body();
        }
    }
}
