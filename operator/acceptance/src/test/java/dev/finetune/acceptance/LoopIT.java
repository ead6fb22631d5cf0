package dev.finetune.acceptance;

import static dev.finetune.acceptance.UserNamespace.condition;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.ResourceLock;

/** The first example on a real node: real weights, real messages, both kinds, from one apply to an answer. */
@Order(1)
@Execution(ExecutionMode.SAME_THREAD)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class LoopIT {
    @RegisterExtension
    static final LocalCluster CLUSTER = LocalCluster.node();

    private static final List<String> WRECKS = List.of("random", "swapped");
    private static final int SOME_LINES = 600;
    private static final String SOME_TEST = "some-test";

    @TempDir
    static Path scratch;

    private static Path example = Path.of("");
    private static UserNamespace namespace;

    @BeforeAll
    static void installAndUpload() throws Exception {
        example = Installation.example();
        namespace = UserNamespace.withClaims(CLUSTER, "loop");
        namespace.upload(example.resolve("data/minilm"), "models/base/minilm");
        namespace.kubectl(Stream.of(
                        Stream.of("create", "configmap", "sms-spam"),
                        Stream.of("train", "test")
                                .map(name -> "--from-file=" + example.resolve("data/" + name + ".tsv")),
                        WRECKS.stream().map(name -> "--from-file=" + someOf(name, name)),
                        Stream.of("--from-file=" + someOf("test", SOME_TEST)))
                .flatMap(arguments -> arguments)
                .toArray(String[]::new));
    }

    /** Labels that are wrong are refused after a part of them as after all, and on a part of the test as on all of it. */
    private static Path someOf(String file, String name) {
        try (Stream<String> lines = Files.lines(example.resolve("data").resolve(file + ".tsv"))) {
            return Files.write(scratch.resolve(name + ".tsv"), (Iterable<String>) lines.limit(SOME_LINES)::iterator);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    @Order(1)
    void anAppliedJobEndsAsABetterModelThatIsServed() throws Exception {
        namespace.kubectl("apply", "-f", example.resolve("job.yaml").toString());

        JsonNode job = namespace.published("sms-spam");

        assertThat(condition(job, "Ready")).isEqualTo("True");
        JsonNode summary = job.at("/status/evaluation/summary");
        assertThat(summary.path("beforeBaseline").asText()).isEqualTo("LinearProbe");
        assertThat(summary.path("before").asDouble()).isBetween(0.85, 0.95);
        assertThat(job.at("/status/dataset/findings").toString())
                .contains("Duplicates")
                .contains("Leakage");
        assertThat(ask("Congratulations! You have won a 1000 pound prize. Call 09061701461 now to claim."))
                .contains("\"spam\"");
        assertThat(ask("Are we still meeting for lunch tomorrow?")).contains("\"ham\"");
        assertThat(namespace.kubectl("get", "ftj")).contains("STATUS", "BEFORE", "AFTER", "GATE", "Published");
    }

    @Test
    @Order(2)
    void wreckedLabelsAreRefusedWhileTheOldModelKeepsServing() throws Exception {
        String serving = serving();
        AtomicInteger asked = new AtomicInteger();
        AtomicInteger failed = new AtomicInteger();
        ScheduledExecutorService client = Executors.newSingleThreadScheduledExecutor();
        client.scheduleAtFixedRate(
                () -> {
                    asked.incrementAndGet();
                    try {
                        if (!ask("Free entry! Text WIN to 80086 now").contains("\"spam\"")) {
                            failed.incrementAndGet();
                        }
                    } catch (IOException | InterruptedException | IllegalStateException e) {
                        failed.incrementAndGet();
                    }
                },
                0,
                500,
                TimeUnit.MILLISECONDS);
        try {
            for (String wreck : WRECKS) {
                String manifest = Files.readString(example.resolve("job.yaml"))
                        .replace("epochs: 2", "epochs: 1")
                        .replaceFirst("(?s)\n---\n.*", "\n")
                        .replace("name: sms-spam\nspec", "name: sms-" + wreck + "\nspec")
                        .replace("configmap://sms-spam/train.tsv", "configmap://sms-spam/" + wreck + ".tsv")
                        .replace("configmap://sms-spam/test.tsv", "configmap://sms-spam/" + SOME_TEST + ".tsv")
                        // Both fit on a node of two cores, beside the server.
                        .concat("  podTemplate: {resources: {requests: {cpu: 250m}}}\n");
                namespace.kubectl(
                        "apply",
                        "-f",
                        Files.writeString(scratch.resolve(wreck + ".yaml"), manifest)
                                .toString());
            }
            for (String wreck : WRECKS) {
                JsonNode job = namespace.complete("sms-" + wreck);

                assertThat(condition(job, "GatePassed")).isEqualTo("False");
                assertThat(job.at("/status/evaluation/rules").toString()).contains("\"Failed\"");
                assertThat(job.at("/status/evaluation/summary/beforeBaseline").asText())
                        .isEqualTo("Deployed");
                assertThat(namespace.kubectl("get", "ftj", "sms-" + wreck)).contains("GateNotPassed");
                assertThat(namespace.kubectl("describe", "ftj", "sms-" + wreck)).contains("good-enough");
            }
        } finally {
            client.shutdown();
            client.awaitTermination(1, TimeUnit.MINUTES);
        }

        assertThat(asked.get()).isGreaterThan(50);
        assertThat(failed.get()).isZero();
        assertThat(serving()).isEqualTo(serving);
    }

    @Test
    @Order(3)
    @ResourceLock(Contended.OPERATOR)
    void settledObjectsAreNotWrittenAgain() throws Exception {
        String before = versions();

        // Restarting the operator makes it look at every object once more.
        CLUSTER.kubectl("rollout", "restart", "--namespace=" + Installation.NAMESPACE, "deployment/finetune-operator");
        CLUSTER.kubectl(
                "rollout",
                "status",
                "--namespace=" + Installation.NAMESPACE,
                "deployment/finetune-operator",
                "--timeout=2m");
        Awaitility.await("every object was reconciled")
                .atMost(Duration.ofMinutes(1))
                .until(() -> Installation.log(CLUSTER).contains("sms-swapped"));

        assertThat(versions()).isEqualTo(before);
    }

    @Test
    @Order(4)
    void deletingTheJobsLeavesTheArtefactAndWhatServesIt() throws Exception {
        namespace.kubectl("delete", "ftj", "--all", "--timeout=2m");

        Awaitility.await("the children are gone").atMost(Duration.ofMinutes(2)).untilAsserted(() -> {
            assertThat(names("jobs")).isEmpty();
            assertThat(names("persistentvolumeclaims")).containsExactly("models");
            assertThat(names("configmaps")).containsExactlyInAnyOrder("kube-root-ca.crt", "sms-spam");
        });
        assertThat(condition(namespace.get("modeldeployments", "sms-spam"), "Ready"))
                .isEqualTo("True");
        assertThat(ask("Are we still meeting for lunch tomorrow?")).contains("\"ham\"");
    }

    @Test
    @Order(5)
    void theOperatorLoggedNoError() {
        assertThat(Installation.log(CLUSTER).lines().filter(line -> line.contains("\"level\":\"ERROR\"")))
                .isEmpty();
    }

    private static String versions() {
        StringBuilder all = new StringBuilder();
        for (String kind : List.of("ftj", "mdep", "deployments", "services", "jobs")) {
            all.append(
                            namespace.kubectl(
                                    "get",
                                    kind,
                                    "-o",
                                    "jsonpath={range .items[*]}{.kind}/{.metadata.name} {.metadata.resourceVersion}{\"\\n\"}{end}"))
                    .append('\n');
        }
        return all.toString();
    }

    private static List<String> names(String kind) {
        return namespace
                .kubectl("get", kind, "-o", "name")
                .lines()
                .map(line -> line.replaceFirst(".*/", ""))
                .toList();
    }

    private static String ask(String text) throws IOException, InterruptedException {
        return namespace.predict("sms-spam", "text/plain", text.getBytes(StandardCharsets.UTF_8));
    }

    private static String serving() {
        return namespace
                .get("modeldeployments", "sms-spam")
                .at("/status/stable/digest")
                .asText();
    }
}
