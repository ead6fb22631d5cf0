package dev.finetune.acceptance.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.acceptance.Installation;
import dev.finetune.acceptance.LocalCluster;
import dev.finetune.acceptance.job.BadInput.Teller;
import dev.finetune.api.Condition;
import dev.finetune.api.Failure;
import dev.finetune.api.FailureClass;
import dev.finetune.api.Json;
import dev.finetune.api.run.ExitCode;
import dev.finetune.operator.desired.Labels;
import dev.finetune.operator.kube.FineTuneJob;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.events.v1.Event;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * What people get wrong, on a real node with the installed product: each input is refused at apply, or ends within a minute of it in one
 * clear condition; none is tried for ever, and none harms the operator or its neighbours.
 */
@Isolated("it measures times, and holds the operator to having been left alone")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class BadInputIT {
    @RegisterExtension
    static final LocalCluster CLUSTER = LocalCluster.node();

    private static final Duration LIMIT = Duration.ofSeconds(60);
    /** Jobs whose pods may be at work at once: more would only wait for the cores and be blamed for it. */
    private static final int AT_WORK = 5;

    private static final int EVENT_NOTE = 1024;

    @TempDir
    static Path scratch;

    private static final List<String> applied = new CopyOnWriteArrayList<>();
    private static final ExecutorService feeder = Executors.newSingleThreadExecutor();
    private static String namespace = "";
    private static RefusingHub hub;
    private static OperatorPod before;
    private static long linesBefore;
    private static List<BadInput> byPatience;
    private static List<BadInput> byStage;
    private static List<BadInput> busy;
    private static Future<?> fed;

    /** The operator's pod, and how often its container was started again. */
    private record OperatorPod(String uid, int restarts) {}

    @BeforeAll
    static void installAndUpload() throws Exception {
        Installation.require(CLUSTER);
        namespace = CLUSTER.newNamespace("bad");
        String node = CLUSTER.client().nodes().list().getItems().getFirst().getStatus().getAddresses().stream()
                .filter(a -> a.getType().equals("InternalIP"))
                .findFirst()
                .orElseThrow()
                .getAddress();
        hub = RefusingHub.beside(node, scratch);
        byStage = BadInput.toldBy(Teller.stage, hub.address());
        makeWhatIsRight();
        before = operatorPod();
        linesBefore = Installation.log(CLUSTER).lines().count();
        // Those that only wait come first and are looked at last.
        byPatience = BadInput.toldBy(Teller.patience, hub.address());
        byPatience.forEach(input -> apply(input.manifest()));
        busy = Stream.concat(BadInput.toldBy(Teller.operator, hub.address()).stream(), byStage.stream())
                .toList();
        fed = feeder.submit(BadInputIT::keepBusy);
    }

    @AfterAll
    static void stop() {
        feeder.shutdownNow();
        if (hub != null) {
            hub.close();
        }
    }

    @TestFactory
    @Order(1)
    Stream<DynamicTest> isRefusedAtApply() {
        return BadInput.toldBy(Teller.apply, hub.address()).stream()
                .map(input -> DynamicTest.dynamicTest(input.name(), () -> {
                    assertThatThrownBy(() -> apply(input.manifest()))
                            .satisfies(
                                    refused -> assertThat(refused.getMessage()).contains(input.says()));
                    assertThat(job(input.name())).isNull();
                }));
    }

    @Test
    @Order(2)
    void whatWasAdmittedCannotBecomeAnotherJob() {
        apply(with(BadInput.good("suspended", hub.address()), "/spec", "suspend", true));

        assertThatThrownBy(() -> apply(with(
                        with(BadInput.good("suspended", hub.address()), "/spec", "suspend", true),
                        "/spec/training/hyperparameters",
                        "learningRate",
                        "5e-5")))
                .hasMessageContaining("training cannot change, be added or be removed: create another FineTuneJob");
        kubectl("delete", "ftj", "suspended");
        applied.remove("suspended");
    }

    @TestFactory
    @Order(3)
    Stream<DynamicTest> endsWithinAMinuteInOneClearCondition() {
        return Stream.concat(busy.stream(), byPatience.stream())
                .map(input -> DynamicTest.dynamicTest(input.name(), () -> {
                    FineTuneJob job = Awaitility.await(input.name() + " ends")
                            .atMost(LIMIT.multipliedBy(2))
                            .pollInterval(Duration.ofMillis(250))
                            .until(
                                    () -> {
                                        if (fed.isDone()) {
                                            fed.get();
                                        }
                                        return job(input.name());
                                    },
                                    found -> found != null && hasEnded(found));
                    endedClearly(job, input);
                }));
    }

    @Test
    @Order(4)
    void nothingIsTriedForEver() {
        assertThat(applied).isNotEmpty();
        for (String name : applied) {
            FineTuneJob ended = job(name);
            assertThat(ended.getStatus().attempts().runs()).as(name).isLessThanOrEqualTo(1);
            assertThat(ended.getStatus().restarts()).as(name).isNull();
            assertThat(CLUSTER.client()
                            .pods()
                            .inNamespace(namespace)
                            .withLabel(Labels.JOB, name)
                            .list()
                            .getItems())
                    .as("pods of " + name)
                    .hasSizeLessThanOrEqualTo(1);
            // One that never got a pod would go on trying: it has to be gone.
            Awaitility.await("no Job of " + name + " is at work")
                    .untilAsserted(() -> assertThat(CLUSTER.client()
                                    .batch()
                                    .v1()
                                    .jobs()
                                    .inNamespace(namespace)
                                    .withLabel(Labels.JOB, name)
                                    .list()
                                    .getItems())
                            .hasSizeLessThanOrEqualTo(1)
                            .allSatisfy(job -> assertThat(job.getStatus().getConditions())
                                    .anyMatch(c -> c.getType().equals("Failed")
                                            && c.getStatus().equals("True"))));
        }
    }

    @Test
    @Order(5)
    void aGoodJobBesideThemIsPreparedAndTheOperatorNeverStopped() {
        apply(BadInput.good("good", hub.address()));

        FineTuneJob good = Awaitility.await("the good job is prepared")
                .atMost(LIMIT)
                .until(() -> job("good"), job -> hasEnded(job) || is(job, "DataValidated", "True"));
        assertThat(condition(good, "DataValidated").message())
                .isEqualTo("33 training, 7 validation and 20 test examples");
        assertThat(operatorPod()).isEqualTo(before);
        assertThat(Installation.log(CLUSTER)
                        .lines()
                        .skip(linesBefore)
                        .filter(line -> line.contains("\"level\":\"ERROR\"")))
                .isEmpty();
        kubectl("delete", "ftj", "--all", "--wait=false");
    }

    private static void endedClearly(FineTuneJob job, BadInput input) {
        String text = input.failure() + ": ";
        Condition failed = condition(job, "Failed");
        assertThat(failed.status()).as(failed.message()).isEqualTo("True");
        assertThat(failed.reason()).as(failed.message()).isEqualTo(input.failure());
        assertThat(failed.message()).startsWith(text).contains(input.says());
        assertThat(condition(job, "Stalled"))
                .returns("True", Condition::status)
                .returns(failed.reason(), Condition::reason)
                .returns(failed.message(), Condition::message);
        assertThat(condition(job, "Ready"))
                .returns("False", Condition::status)
                .returns("Failed", Condition::reason)
                .returns(failed.message(), Condition::message);
        Failure failure = job.getStatus().failure();
        FailureClass type = FailureClass.valueOf(input.failure());
        assertThat(failure.type()).isEqualTo(type);
        assertThat(text + failure.message()).isEqualTo(failed.message());
        assertThat(failure.advice()).isEqualTo(type.advice());
        if (byStage.contains(input)) {
            assertThat(failure.stage()).isEqualTo("Prepare");
            assertThat(failure.exitCode()).isEqualTo(ExitCode.forFailure(type).code());
        }
        assertThat(took(job)).as("seconds from apply to the end").isLessThanOrEqualTo(LIMIT);
        assertThat(warnings(job))
                .extracting(Event::getNote)
                .containsOnlyOnce(failed.message()
                        .substring(0, Math.min(EVENT_NOTE, failed.message().length())));
    }

    private static Duration took(FineTuneJob job) {
        return Duration.between(
                Instant.parse(job.getMetadata().getCreationTimestamp()),
                Instant.parse(condition(job, "Failed").lastTransitionTime()));
    }

    /** The event may come a moment after the status that it tells of. */
    private static List<Event> warnings(FineTuneJob job) {
        return Awaitility.await("an event tells of it")
                .until(
                        () -> CLUSTER.client().events().v1().events().inNamespace(namespace).list().getItems().stream()
                                .filter(e -> job.getMetadata()
                                        .getUid()
                                        .equals(e.getRegarding().getUid()))
                                .filter(e -> e.getType().equals("Warning")
                                        && e.getReason().equals("Failed"))
                                .toList(),
                        found -> !found.isEmpty());
    }

    /** Applies one after the other, each as soon as fewer are at work than may be. */
    private static void keepBusy() {
        for (BadInput input : busy) {
            Awaitility.await("a place for " + input.name())
                    .atMost(LIMIT.multipliedBy(2))
                    .pollDelay(Duration.ZERO)
                    .pollInterval(Duration.ofMillis(250))
                    .until(() -> atWork() < AT_WORK);
            apply(input.manifest());
        }
    }

    private static long atWork() {
        Set<String> names = busy.stream().map(BadInput::name).collect(Collectors.toSet());
        return CLUSTER.client().resources(FineTuneJob.class).inNamespace(namespace).list().getItems().stream()
                .filter(job -> names.contains(job.getMetadata().getName()))
                .filter(job -> !hasEnded(job))
                .count();
    }

    private static boolean hasEnded(FineTuneJob job) {
        return is(job, "Failed", "True") || is(job, "Complete", "True");
    }

    private static boolean is(FineTuneJob job, String type, String status) {
        return job.getStatus() != null
                && job.getStatus().conditions() != null
                && job.getStatus().conditions().stream()
                        .anyMatch(c -> type.equals(c.type()) && status.equals(c.status()));
    }

    private static Condition condition(FineTuneJob job, String type) {
        return job.getStatus().conditions().stream()
                .filter(c -> type.equals(c.type()))
                .findFirst()
                .orElseThrow();
    }

    private static FineTuneJob job(String name) {
        return CLUSTER.client()
                .resources(FineTuneJob.class)
                .inNamespace(namespace)
                .withName(name)
                .get();
    }

    private static OperatorPod operatorPod() {
        List<Pod> pods = CLUSTER.client()
                .pods()
                .inNamespace(Installation.NAMESPACE)
                .withLabel("app.kubernetes.io/name", "finetune-operator")
                .list()
                .getItems();
        assertThat(pods).hasSize(1);
        return new OperatorPod(
                pods.getFirst().getMetadata().getUid(),
                pods.getFirst().getStatus().getContainerStatuses().getFirst().getRestartCount());
    }

    /** The claim with the model and its flawed copies, the data, the Secrets. */
    private static void makeWhatIsRight() throws IOException {
        CLUSTER.newClaim(namespace, "models");
        Path models = Files.createDirectories(scratch.resolve("models"));
        TinyModel.writeAll(models);
        Installation.upload(CLUSTER, models, "models/base", namespace);
        Map<String, byte[]> files = new HashMap<>(BadInput.goodFiles());
        byStage.forEach(input -> files.putAll(input.files()));
        ConfigMapBuilder data = new ConfigMapBuilder()
                .withNewMetadata()
                .withName("data")
                .withNamespace(namespace)
                .endMetadata();
        files.forEach((name, content) ->
                data.addToBinaryData(name, Base64.getEncoder().encodeToString(content)));
        CLUSTER.client().resource(data.build()).create();
        secret(
                "hub",
                Map.of("HF_ENDPOINT", "https://" + hub.address(), "HF_TOKEN", "token", "ca.crt", hub.certificate()));
        secret("half", Map.of("AWS_ACCESS_KEY_ID", "somebody", "AWS_ENDPOINT_URL", "https://" + hub.address()));
    }

    private static void secret(String name, Map<String, String> content) {
        CLUSTER.client()
                .resource(new SecretBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .withNamespace(namespace)
                        .endMetadata()
                        .withStringData(content)
                        .build())
                .create();
    }

    private static com.fasterxml.jackson.databind.node.ObjectNode with(
            com.fasterxml.jackson.databind.node.ObjectNode manifest, String pointer, String member, Object value) {
        manifest.withObject(pointer).putPOJO(member, value);
        return manifest;
    }

    /** As users do it. */
    private static void apply(com.fasterxml.jackson.databind.JsonNode manifest) {
        String name = manifest.at("/metadata/name").asText();
        try {
            Path file = Files.writeString(scratch.resolve(name + ".json"), Json.write(manifest));
            kubectl("apply", "-f", file.toString());
            applied.add(name);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String kubectl(String... arguments) {
        return CLUSTER.kubectl(Stream.concat(Stream.of("--namespace=" + namespace), Stream.of(arguments))
                .toArray(String[]::new));
    }
}
