package dev.finetune.acceptance.job;

import dev.finetune.api.Baseline;
import dev.finetune.api.Condition;
import dev.finetune.api.EvaluationSummary;
import dev.finetune.api.Json;
import dev.finetune.api.PublishedModel;
import dev.finetune.api.ReadSource;
import dev.finetune.api.run.EvaluateResult;
import dev.finetune.api.run.Outcome;
import dev.finetune.api.run.PrepareResult;
import dev.finetune.api.run.Stage;
import dev.finetune.api.run.StageResult;
import dev.finetune.api.run.TrainResult;
import dev.finetune.operator.desired.Labels;
import dev.finetune.operator.desired.StageJob;
import dev.finetune.operator.kube.FineTuneJob;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/** Plays what a control plane without controllers lacks: it makes pods for Jobs, and ends both. */
final class Stagehand {
    /** Other classes work on the same cores, and PoisonIT keeps the operator busy with hundreds of objects that it tries again. */
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    final KubernetesClient client;
    final String namespace;

    Stagehand(KubernetesClient client, String namespace) {
        this.client = client;
        this.namespace = namespace;
        // Without it no pod is admitted; where there are controllers they make it.
        client.resource(new ServiceAccountBuilder()
                        .withNewMetadata()
                        .withName("default")
                        .withNamespace(namespace)
                        .endMetadata()
                        .build())
                .serverSideApply();
    }

    /** A job like those of users; {@code more} continues the spec, indented by two. */
    FineTuneJob submit(String name, String more) {
        return client.resources(FineTuneJob.class)
                .inNamespace(namespace)
                .load(new java.io.ByteArrayInputStream(
                        manifest(name, more).getBytes(java.nio.charset.StandardCharsets.UTF_8)))
                .create();
    }

    static String manifest(String name, String more) {
        return """
                apiVersion: finetune.dev/v1alpha1
                kind: FineTuneJob
                metadata:
                  name: %s
                  labels: {kueue.x-k8s.io/queue-name: team-a}
                spec:
                  task: TextClassification
                  model: {storageUri: "pvc://base/minilm"}
                  dataset:
                    format: CSV
                    columns: {text: review, label: rating}
                    train: {storageUri: "configmap://reviews/train.csv"}
                    validation: {fraction: "0.1"}
                    test: {storageUri: "pvc://data/test.csv"}
                  output: {modelName: %s}
                """.formatted(name, name) + more.indent(2);
    }

    FineTuneJob job(String name) {
        return client.resources(FineTuneJob.class)
                .inNamespace(namespace)
                .withName(name)
                .get();
    }

    Optional<Condition> condition(String name, String type) {
        FineTuneJob job = job(name);
        return job == null || job.getStatus() == null || job.getStatus().conditions() == null
                ? Optional.empty()
                : job.getStatus().conditions().stream()
                        .filter(c -> c.type().equals(type))
                        .findFirst();
    }

    Condition await(String name, String type, String status, String reason) {
        Awaitility.await(name + " " + type + "=" + status + "/" + reason)
                .atMost(PATIENCE)
                .until(() -> condition(name, type)
                        .filter(c -> c.status().equals(status) && c.reason().equals(reason))
                        .isPresent());
        return condition(name, type).orElseThrow();
    }

    Job awaitChild(String name) {
        return Awaitility.await("Job " + name)
                .atMost(PATIENCE)
                .until(
                        () -> client.batch()
                                .v1()
                                .jobs()
                                .inNamespace(namespace)
                                .withName(name)
                                .get(),
                        j -> j != null);
    }

    /** The pod of a Job, at work. */
    Pod start(Job child, String suffix) {
        return start(child, suffix, null);
    }

    /** The same on a node that nobody hears from: deleted, it stays until somebody insists. */
    Pod startOn(String node, Job child, String suffix) {
        return start(child, suffix, node);
    }

    private Pod start(Job child, String suffix, @Nullable String node) {
        Pod pod = client.resource(new PodBuilder()
                        .withMetadata(child.getSpec().getTemplate().getMetadata())
                        .editMetadata()
                        .withName(child.getMetadata().getName() + "-" + suffix)
                        .withNamespace(namespace)
                        .addNewOwnerReference()
                        .withApiVersion("batch/v1")
                        .withKind("Job")
                        .withName(child.getMetadata().getName())
                        .withUid(child.getMetadata().getUid())
                        .withController(true)
                        .endOwnerReference()
                        .endMetadata()
                        .withSpec(child.getSpec().getTemplate().getSpec())
                        .editSpec()
                        .withNodeName(node)
                        .endSpec()
                        .build())
                .create();
        return client.resource(pod.edit()
                        .withNewStatus()
                        .withPhase("Running")
                        .addNewContainerStatus()
                        .withName(StageJob.CONTAINER)
                        .withImage("x")
                        .withImageID("x")
                        .withReady(true)
                        .withRestartCount(0)
                        .withNewState()
                        .withNewRunning(now())
                        .endState()
                        .endContainerStatus()
                        .endStatus()
                        .build())
                .updateStatus();
    }

    void end(Pod pod, int exitCode, String reason, String message) {
        Pod live = client.resource(pod).get();
        client.resource(live.edit()
                        .withNewStatus()
                        .withPhase(exitCode == 0 ? "Succeeded" : "Failed")
                        .addNewContainerStatus()
                        .withName(StageJob.CONTAINER)
                        .withImage("x")
                        .withImageID("x")
                        .withReady(false)
                        .withRestartCount(0)
                        .withNewState()
                        .withNewTerminated()
                        .withExitCode(exitCode)
                        .withReason(reason)
                        .withMessage(message)
                        .withStartedAt(now())
                        .withFinishedAt(now())
                        .endTerminated()
                        .endState()
                        .endContainerStatus()
                        .endStatus()
                        .build())
                .updateStatus();
    }

    void complete(Job child) {
        Job live = client.resource(child).get();
        client.resource(live.edit()
                        .editOrNewStatus()
                        .withSucceeded(1)
                        .withStartTime(now())
                        .withCompletionTime(now())
                        .addNewCondition()
                        .withType("SuccessCriteriaMet")
                        .withStatus("True")
                        .endCondition()
                        .addNewCondition()
                        .withType("Complete")
                        .withStatus("True")
                        .withReason("CompletionsReached")
                        .endCondition()
                        .endStatus()
                        .build())
                .updateStatus();
    }

    void fail(Job child, String reason, String message) {
        Job live = client.resource(child).get();
        client.resource(live.edit()
                        .editOrNewStatus()
                        .withFailed(1)
                        .withStartTime(now())
                        .addNewCondition()
                        .withType("FailureTarget")
                        .withStatus("True")
                        .withReason(reason)
                        .endCondition()
                        .addNewCondition()
                        .withType("Failed")
                        .withStatus("True")
                        .withReason(reason)
                        .withMessage(message)
                        .endCondition()
                        .endStatus()
                        .build())
                .updateStatus();
    }

    /** The stage's Job appears, works and succeeds. */
    void play(String job, Stage stage, int run) {
        Job child = awaitChild(job + "-" + stage + "-" + run);
        Pod pod = start(child, "a");
        end(pod, 0, "Completed", Json.write(result(child, true)));
        complete(child);
    }

    static StageResult result(Job child, boolean gatePassed) {
        String digest = child.getMetadata().getAnnotations().get(Labels.PLAN_DIGEST);
        Stage stage = Stage.valueOf(child.getMetadata().getLabels().get(Labels.STAGE));
        return switch (stage) {
            case prepare ->
                new StageResult(
                        digest,
                        stage,
                        Outcome.Succeeded,
                        new PrepareResult(
                                "sha256:m",
                                null,
                                "mit",
                                "sha256:d",
                                "sha256:t",
                                80,
                                10,
                                30,
                                List.of("a", "b"),
                                List.of(),
                                true,
                                List.of(new ReadSource("spec.dataset.train", null, 1L, 100L, "sha256:f"))),
                        null,
                        null,
                        null);
            case train ->
                new StageResult(
                        digest,
                        stage,
                        Outcome.Succeeded,
                        null,
                        new TrainResult(
                                "sha256:c", 3, 30, 20, "f1Macro", "0.9", "EpochsDone", true, 8, 1.5, 0.01, 1000L),
                        null,
                        null);
            case evaluate ->
                new StageResult(
                        digest,
                        stage,
                        Outcome.Succeeded,
                        null,
                        null,
                        new EvaluateResult(
                                gatePassed,
                                gatePassed ? "Succeeded" : "Failed",
                                gatePassed ? null : "good-enough: 0.9 < 0.95",
                                new EvaluationSummary("f1Macro", "0.8", Baseline.LinearProbe, "0.9"),
                                List.of(),
                                List.of(),
                                List.of(),
                                gatePassed
                                        ? new PublishedModel(
                                                "reviews",
                                                "abc",
                                                "sha256:abc",
                                                "pvc://models/reviews/abc",
                                                "sha256:m",
                                                10L)
                                        : null),
                        null);
        };
    }

    private static String now() {
        return Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
    }
}
