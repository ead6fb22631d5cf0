package dev.finetune.acceptance.job;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.acceptance.Contended;
import dev.finetune.acceptance.LocalCluster;
import dev.finetune.acceptance.OperatorUnderTest;
import dev.finetune.api.Condition;
import dev.finetune.api.FailureClass;
import dev.finetune.api.Json;
import dev.finetune.api.run.Outcome;
import dev.finetune.api.run.Stage;
import dev.finetune.api.run.StageFailure;
import dev.finetune.api.run.StageResult;
import dev.finetune.operator.desired.Labels;
import dev.finetune.operator.kube.FineTuneJob;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.ManagedFieldsEntry;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.ResourceAccessMode;
import org.junit.jupiter.api.parallel.ResourceLock;

/** The reconciler against a real API server with the chart's rights; the test plays the controllers and the kubelet. */
@ResourceLock(value = Contended.KINDS, mode = ResourceAccessMode.READ)
class FineTuneJobIT {
    @RegisterExtension
    static final LocalCluster CLUSTER = LocalCluster.controlPlane();

    static final String CONFIG = """
            image: registry.example/finetune-trainer:1
            defaultProfile: default
            store: {claimName: models}
            profiles:
              default:
                workspace: {size: 1Gi}
                resources:
                  prepare: {requests: {cpu: 100m, memory: 1Gi}, limits: {memory: 2Gi}}
                  train: {requests: {cpu: "1", memory: 2Gi}, limits: {memory: 4Gi}}
                  evaluate: {requests: {cpu: 100m, memory: 1Gi}, limits: {memory: 2Gi}}
            """;

    static Stagehand stage;
    static OperatorUnderTest operator;

    @BeforeAll
    static void start() {
        String namespace = CLUSTER.newNamespace("ftj");
        operator = OperatorUnderTest.start(CLUSTER, namespace, CONFIG);
        stage = new Stagehand(CLUSTER.client(), namespace);
    }

    @AfterAll
    static void stop() {
        if (operator != null) {
            operator.close();
        }
    }

    @Test
    void aJobGoesThroughItsStagesAndIsThenLeftAlone() {
        stage.submit("happy", "");
        stage.await("happy", "Ready", "False", "Preparing");
        stage.play("happy", Stage.prepare, 1);
        stage.await("happy", "DataValidated", "True", "Succeeded");
        Job train = stage.awaitChild("happy-train-1");
        assertThat(train.getMetadata().getLabels()).containsEntry(Labels.QUEUE, "team-a");
        stage.play("happy", Stage.train, 1);
        stage.play("happy", Stage.evaluate, 1);
        stage.await("happy", "Ready", "True", "Published");

        FineTuneJob done = stage.job("happy");
        assertThat(done.getStatus().observedGeneration()).isEqualTo(1);
        assertThat(done.getMetadata().getManagedFields())
                .filteredOn(f -> "status".equals(f.getSubresource()))
                .extracting(ManagedFieldsEntry::getManager)
                .containsOnly("finetune-operator");
        assertThat(done.getMetadata().getFinalizers()).isEmpty();
        String table = CLUSTER.kubectl("get", "ftj", "happy", "-n", stage.namespace);
        assertThat(table).contains("STATUS", "BEFORE", "AFTER", "Published", "0.8", "0.9", "Succeeded");
        // Woken once more, by an edit of what it does not act on, it writes the new generation and then nothing.
        CLUSTER.kubectl(
                "patch",
                "ftj",
                "happy",
                "-n",
                stage.namespace,
                "--type=merge",
                "-p",
                "{\"spec\":{\"ttlSecondsAfterFinished\":3600}}");
        Awaitility.await().until(() -> stage.job("happy").getStatus().observedGeneration() == 2);
        List<String> writes = writesAbout("happy");
        Awaitility.await("it stays settled")
                .during(Duration.ofSeconds(3))
                .atMost(Duration.ofSeconds(10))
                .until(() -> writesAbout("happy").size() == writes.size());
        assertThat(CLUSTER.kubectl("get", "events.events.k8s.io", "-n", stage.namespace))
                .contains("Published");
    }

    @Test
    void aUsersObjectOfAChildsNameIsNeitherTakenNorTouched() {
        ConfigMap theirs = stage.client
                .resource(new ConfigMapBuilder()
                        .withNewMetadata()
                        .withName("clash-plan-prepare-1")
                        .withNamespace(stage.namespace)
                        .endMetadata()
                        .addToData("mine", "yes")
                        .build())
                .create();
        stage.submit("clash", "");
        Condition stalled = stage.await("clash", "Stalled", "True", "NameConflict");
        assertThat(stalled.message()).contains("ConfigMap clash-plan-prepare-1");
        assertThat(stage.client.resource(theirs).get()).isEqualTo(theirs);

        stage.client.resource(theirs).delete();
        stage.client
                .resources(FineTuneJob.class)
                .inNamespace(stage.namespace)
                .withName("clash")
                .edit(j -> {
                    j.getMetadata().getAnnotations().put("example.com/poke", "1");
                    return j;
                });
        // Metadata wakes nobody: the next look is the operator's own.
        Awaitility.await("goes on")
                .atMost(Duration.ofSeconds(60))
                .until(() -> stage.condition("clash", "Stalled")
                        .filter(c -> c.status().equals("False"))
                        .isPresent());
        stage.awaitChild("clash-prepare-1");
    }

    @Test
    void theNamesakeOfADeletedJobIsNotBornWithItsStatus() {
        FineTuneJob first = stage.submit("reborn", "");
        Job child = stage.awaitChild("reborn-prepare-1");
        stage.client.resource(first).delete();
        Awaitility.await().until(() -> stage.job("reborn") == null);
        FineTuneJob second = stage.submit("reborn", "");

        stage.await("reborn", "Ready", "False", "Pending");
        assertThat(second.getMetadata().getUid())
                .isNotEqualTo(first.getMetadata().getUid());
        Condition waits = stage.condition("reborn", "Ready").orElseThrow();
        Awaitility.await("it waits for its namesake's children")
                .until(() -> stage.condition("reborn", "Ready")
                        .orElseThrow()
                        .message()
                        .contains("deleted job of this name"));
        assertThat(stage.client.resource(child).get().getMetadata().getUid())
                .isEqualTo(child.getMetadata().getUid());
        assertThat(waits.status()).isEqualTo("False");
    }

    @Test
    void poisonHarmsOnlyItself() {
        assertThat(CLUSTER.kubectl("get", "--raw", "/readyz")).isEqualTo("ok");
        stage.submit("unknown-profile", "profile: nowhere");
        stage.await("unknown-profile", "Failed", "True", "InvalidSpec");
        assertThat(stage.job("unknown-profile").getStatus().failure().message())
                .contains("spec.profile", "default", "nowhere");
        stage.submit("foreign-account", "podTemplate: {serviceAccountName: admin}");
        assertThat(stage.await("foreign-account", "Failed", "True", "InvalidSpec")
                        .message())
                .contains("serviceAccountName");
        stage.submit("bad-toleration", "podTemplate: {nodeSelector: {\"a b\": c}}");
        assertThat(stage.await("bad-toleration", "Failed", "True", "InvalidSpec")
                        .message())
                .contains("bad-toleration-prepare-1");
        stage.submit("good-one", "");
        stage.awaitChild("good-one-prepare-1");
    }

    @Test
    void exitCodesAndWordsOfAStageReachTheUser() {
        stage.submit("wrong", "");
        Job child = stage.awaitChild("wrong-prepare-1");
        Pod pod = stage.start(child, "a");
        stage.end(
                pod,
                42,
                "Error",
                Json.write(new StageResult(
                        child.getMetadata().getAnnotations().get(Labels.PLAN_DIGEST),
                        Stage.prepare,
                        Outcome.Failed,
                        null,
                        null,
                        null,
                        new StageFailure(FailureClass.InvalidData, "train.csv row 7: expected 2 columns, got 1"))));
        stage.fail(child, "PodFailurePolicy", "Container finetune failed with exit code 42 matching FailJob rule");

        stage.await("wrong", "Failed", "True", "InvalidData");
        assertThat(stage.job("wrong").getStatus().failure())
                .satisfies(f -> assertThat(f.message()).contains("row 7"))
                .satisfies(f -> assertThat(f.exitCode()).isEqualTo(42))
                .satisfies(f -> assertThat(f.advice()).isNotBlank());
        stage.await("wrong", "Stalled", "True", "InvalidData");
    }

    @Test
    void suspendStopsTheJobAndResumeWaitsForItsPod() {
        stage.submit("pause", "");
        Job child = stage.awaitChild("pause-prepare-1");
        Pod pod = stage.start(child, "a");
        stage.await("pause", "Ready", "False", "Preparing");
        suspend("pause", true);
        stage.await("pause", "Suspended", "True", "Suspended");
        Awaitility.await().until(() -> stage.client.resource(child).get() == null);

        suspend("pause", false);
        stage.await("pause", "Suspended", "False", "Resumed");
        Awaitility.await("one writer")
                .during(Duration.ofSeconds(3))
                .atMost(Duration.ofSeconds(10))
                .until(() -> stage.client
                                .batch()
                                .v1()
                                .jobs()
                                .inNamespace(stage.namespace)
                                .withName("pause-prepare-2")
                                .get()
                        == null);
        stage.end(pod, 143, "Error", "");
        stage.awaitChild("pause-prepare-2");
    }

    @Test
    void theOperatorIsAliveAndReady() throws Exception {
        for (String path : List.of("/livez", "/readyz", "/metrics")) {
            var url = java.net
                    .URI
                    .create("http://localhost:" + operator.port() + path)
                    .toURL();
            try (var in = url.openStream()) {
                assertThat(in.readAllBytes()).isNotEmpty();
            }
        }
    }

    private static List<String> writesAbout(String name) {
        return operator.writes().stream().filter(w -> w.contains("/" + name)).toList();
    }

    private static void suspend(String name, boolean suspend) {
        CLUSTER.kubectl(
                "patch",
                "ftj",
                name,
                "-n",
                stage.namespace,
                "--type=merge",
                "-p",
                "{\"spec\":{\"suspend\":" + suspend + "}}");
    }
}
