package dev.finetune.operator.job;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.api.Baseline;
import dev.finetune.api.DeployedModel;
import dev.finetune.api.EvaluationSummary;
import dev.finetune.api.FailureClass;
import dev.finetune.api.run.EvaluateResult;
import dev.finetune.operator.desired.Announcement;
import dev.finetune.operator.kube.FineTuneJob;
import dev.finetune.operator.kube.LenientClient;
import dev.finetune.operator.kube.ModelDeployment;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** One test for each rule that the happy path does not show. */
class JobRulesTest {
    @Test
    void anUnreadableSpecIsAConditionAndNothingElse() {
        for (String poison : List.of(
                "spec: 7",
                "spec: {task: Astrology}",
                "spec: {dataset: [1, 2]}",
                "spec: {training: {hyperparameters: {batchSize: {a: b}}}}",
                "status: {conditions: 3, resolved: [x], attempts: yes}\nspec: null")) {
            World world = new World(Samples.job("""
                            apiVersion: finetune.dev/v1alpha1
                            kind: FineTuneJob
                            metadata: {name: reviews, namespace: team, uid: uid-1, generation: 1, resourceVersion: "1"}
                            """ + poison), Samples.config());
            world.settle();
            assertThat(world.reason("Failed")).as(poison).isEqualTo("InvalidSpec");
            assertThat(world.all(Job.class)).isEmpty();
        }
    }

    @Test
    void whatCannotBeReadIsNamedAndNotTakenForAbsent() {
        for (var poison : Map.of(
                        "training: {hyperparameters: {epochs: {a: b}}}",
                        "spec.training.hyperparameters.epochs: expected a whole number, got an object",
                        "training: {hyperparameters: {optimizer: Lion}}",
                        "spec.training.hyperparameters.optimizer: expected one of [AdamW, Adam, SGD], got \"Lion\"",
                        "training: {hyperparameters: {optimizer: 0}}",
                        "spec.training.hyperparameters.optimizer: expected one of [AdamW, Adam, SGD], got 0",
                        "training: {hyperparameters: {seed: 1e30}}",
                        "spec.training.hyperparameters.seed: expected a whole number, got 1.0E30",
                        "evaluation: {gate: {rules: [7]}}",
                        "spec.evaluation.gate.rules[0]: expected an object, got 7",
                        "evaluation: {baselines: LinearProbe}",
                        "spec.evaluation.baselines: expected a list, got \"LinearProbe\"",
                        "training: [1, {a: b}]",
                        "spec.training: expected an object, got a list",
                        "horoscope: {sign: [1, 2]}",
                        "spec.horoscope: this operator does not know the field")
                .entrySet()) {
            String job = Samples.JOB.replace("  training:\n    hyperparameters: {batchSize: 8}\n", "");
            World world = new World(Samples.job(job + poison.getKey().indent(2)), Samples.config());
            world.settle();
            assertThat(world.reason("Failed")).as(poison.getKey()).isEqualTo("InvalidSpec");
            assertThat(world.message("Failed")).contains(poison.getValue());
        }
    }

    @Test
    void aRefusalOfAnyLengthFitsTheStatus() {
        World world = new World(Samples.job(Samples.JOB + "  profile: " + "x".repeat(5000) + "\n"), Samples.config());
        world.settle();
        assertThat(world.reason("Failed")).isEqualTo("InvalidSpec");
        assertThat(world.status().failure().message()).hasSizeLessThan(4096);
    }

    @Test
    void memoryMayRunOutOnTheLastAttempt() {
        World world = new World(Samples.job(Samples.JOB + "  backoffLimit: 0\n"), Samples.config());
        world.runStage();
        Pod pod = world.start(world.schedule().orElseThrow());
        world.settle();
        world.end(pod, 137, "OOMKilled", "");
        world.finish(
                world.child("reviews-train-1"),
                "Failed",
                "BackoffLimitExceeded",
                "Job has reached the specified backoff limit");
        world.settle();

        assertThat(world.isTrue("Failed")).isFalse();
        assertThat(world.child("reviews-train-2")).isNotNull();
        assertThat(world.status().resolved().microBatchSize()).isEqualTo(4);
    }

    @Test
    void aForeignObjectOfAChildsNameStopsTheJobUntilItIsGone() {
        World world = new World();
        world.add(new ConfigMapBuilder()
                .withNewMetadata()
                .withName("reviews-profile")
                .withUid("theirs")
                .endMetadata()
                .build());
        world.settle();

        assertThat(world.reason("Stalled")).isEqualTo("NameConflict");
        assertThat(world.message("Stalled")).contains("ConfigMap reviews-profile");
        assertThat(world.all(Job.class)).isEmpty();
        assertThat(world.writes).doesNotContain("delete ConfigMap/reviews-profile");

        world.objects.remove("ConfigMap/reviews-profile");
        world.settle();
        assertThat(world.all(Job.class)).hasSize(1);
        assertThat(world.isTrue("Stalled")).isFalse();
    }

    @Test
    void laterStagesRunWithTheProfileOfTheFirstVisitWhateverTheChartSays() {
        World before = new World();
        before.runStage();
        World after = new World(
                before.job,
                Samples.config(
                        Samples.CONFIG.replace("memory: 4Gi", "memory: 9Gi").replace(":1\n", ":2\n")));
        after.objects.putAll(before.objects);
        after.settle();

        var container = after.child("reviews-train-1")
                .getSpec()
                .getTemplate()
                .getSpec()
                .getContainers()
                .getFirst();
        assertThat(container.getImage()).isEqualTo("registry.example/finetune-trainer:1");
        assertThat(container.getResources().getLimits().get("memory").toString())
                .isEqualTo("4Gi");
    }

    @Test
    void aMissingServiceAccountShowsInEventsOnlyAndEndsTheJobAfterAMinute() {
        World world = new World();
        world.settle();
        world.kubernetesEvents = List.of(
                event(
                        "FailedCreate",
                        "Error creating: pods \"x\" is forbidden: error looking up service account team/trainer: serviceaccount \"trainer\" not found"));
        world.now = world.now.plusSeconds(15);
        world.settle();
        assertThat(world.isTrue("Failed")).isFalse();
        assertThat(world.status().failure().type()).isEqualTo(FailureClass.InvalidSpec);
        world.now = world.now.plusSeconds(60);
        world.settle();
        assertThat(world.reason("Failed")).isEqualTo("InvalidSpec");
        assertThat(world.message("Failed")).contains("serviceaccount");
        assertThat(world.all(Job.class)).as("its Job is stopped").isEmpty();
    }

    @Test
    void aQuotaIsShownAndWaitedFor() {
        World world = new World();
        world.settle();
        world.kubernetesEvents = List.of(event("FailedCreate", "pods \"x\" is forbidden: exceeded quota: team"));
        world.now = world.now.plusSeconds(600);
        world.settle();
        assertThat(world.isTrue("Failed")).isFalse();
        assertThat(world.message("Ready")).startsWith("QuotaExceeded");
        assertThat(world.isTrue("Reconciling")).isTrue();
    }

    @Test
    void aMissingClaimEndsTheJobAfterAMinute() {
        World world = new World();
        world.settle();
        Pod pod = world.schedule().orElseThrow();
        world.add(pod.edit()
                .editStatus()
                .addNewCondition()
                .withType("PodScheduled")
                .withStatus("False")
                .withReason("Unschedulable")
                .withMessage("0/1 nodes are available: persistentvolumeclaim \"models\" not found.")
                .endCondition()
                .endStatus()
                .build());
        world.now = world.now.plusSeconds(61);
        world.settle();
        assertThat(world.reason("Failed")).isEqualTo("StorageUnavailable");
        assertThat(world.status().failure().message()).contains("models");
    }

    @Test
    void theDeadlineCountsActiveTimeOnly() {
        World world = new World(Samples.job(Samples.JOB + "  activeDeadlineSeconds: 100\n"), Samples.config());
        world.settle();
        assertThat(world.child("reviews-prepare-1").getSpec().getActiveDeadlineSeconds())
                .isEqualTo(100);
        world.now = world.now.plusSeconds(5000);
        world.settle();
        assertThat(world.isTrue("Failed")).as("waiting is free").isFalse();

        world.start(world.schedule().orElseThrow());
        world.settle();
        world.now = world.now.plusSeconds(101);
        world.settle();
        assertThat(world.reason("Failed")).isEqualTo("DeadlineExceeded");
        assertThat(world.writes).contains("delete Job/reviews-prepare-1");
        assertThat(world.status().usage().activeSeconds()).isGreaterThanOrEqualTo(100);
        assertThat(world.status().usage().activeSince()).isNull();
    }

    /** The Job keeps a pod that failed, and an evicted one goes: until there is a third, the first is the newest. */
    @Test
    void anEvictionAfterAFailureIsOneRestartMore() {
        World world = new World();
        world.runStage();
        world.settle();
        Pod first = world.start(world.schedule().orElseThrow());
        world.settle();
        world.end(first, 137, "Error", "");
        world.now = world.now.plusSeconds(10);
        Pod second = world.start(world.schedule().orElseThrow());
        world.settle();
        assertThat(world.status().restarts()).isEqualTo(1);
        world.now = world.now.plusSeconds(10);
        world.evict(second);
        world.settle();
        world.objects.remove(World.key(second));
        world.settle();
        assertThat(world.status().restarts()).as("before its successor").isEqualTo(1);
        Pod third = world.start(world.schedule().orElseThrow());
        world.settle();
        assertThat(world.status().restarts()).isEqualTo(2);
        assertThat(world.status().attempts().failed()).isEqualTo(1);
        assertThat(world.status().attempts().disrupted()).isEqualTo(1);
        assertThat(world.events)
                .filteredOn(e -> e.reason().equals("Restarted"))
                .containsExactly(
                        Announcement.warning(
                                "Restarted",
                                "pod %s ended with exit code 137 (Error): pod %s goes on in its place"
                                        .formatted(name(first), name(second))),
                        Announcement.normal(
                                "Restarted",
                                "pod %s was stopped or moved away: pod %s goes on in its place"
                                        .formatted(name(second), name(third))));
    }

    @Test
    void aNewJobGetsWhatIsLeftOfTheBackoffLimit() {
        World world = new World(Samples.job(Samples.JOB + "  backoffLimit: 2\n"), Samples.config());
        world.runStage();
        world.settle();
        assertThat(world.child("reviews-train-1").getSpec().getBackoffLimit()).isEqualTo(2);
        Pod first = world.start(world.schedule().orElseThrow());
        world.settle();
        world.end(first, 1, "Error", "");
        world.start(world.schedule().orElseThrow());
        world.settle();
        assertThat(world.status().attempts().failed()).isEqualTo(1);
        assertThat(world.status().restarts()).isEqualTo(1);
        world.suspend(true);
        world.settle();
        world.all(Pod.class).forEach(p -> world.objects.remove(World.key(p)));
        world.suspend(false);
        world.settle();
        assertThat(world.child("reviews-train-2").getSpec().getBackoffLimit()).isEqualTo(1);
    }

    @Test
    void aHeldJobIsQueuedAndNobodyTouchesItsSuspend() {
        World world = new World();
        world.settle();
        Job held = world.child("reviews-prepare-1");
        world.add(held.edit().editSpec().withSuspend(true).endSpec().build());
        world.settle();
        assertThat(world.reason("Ready")).isEqualTo("Queued");
        assertThat(world.isTrue("Suspended")).isFalse();
        assertThat(world.isTrue("Reconciling")).isTrue();
        assertThat(world.child("reviews-prepare-1").getSpec().getSuspend()).isTrue();
    }

    @Test
    void timeToLiveRemovesChildrenButNotTheJob() {
        World world = new World(Samples.job(Samples.JOB + "  ttlSecondsAfterFinished: 60\n"), Samples.config());
        for (int stage = 0; stage < 3; stage++) {
            world.runStage();
        }
        assertThat(world.decide().requeueAfter()).isPresent();
        assertThat(world.objects).isNotEmpty();
        world.now = world.now.plusSeconds(61);
        world.settle();
        assertThat(world.all(Job.class)).isEmpty();
        assertThat(world.all(ConfigMap.class)).isEmpty();
        assertThat(world.all(PersistentVolumeClaim.class)).isEmpty();
        assertThat(world.isTrue("Ready")).isTrue();
        assertThat(world.status().model()).isNotNull();
    }

    @Test
    void theReportIsKeptBeforeTheJobIsComplete() {
        World world = new World();
        world.runStage();
        world.runStage();
        world.settle();
        Pod pod = world.start(world.schedule().orElseThrow());
        world.logs.put(pod.getMetadata().getName(), "report {\"rows\":[1,2]}");
        world.settle();
        world.succeed(world.current(pod));
        world.settle();

        assertThat(world.all(ConfigMap.class))
                .filteredOn(c -> c.getMetadata().getName().equals("reviews-report"))
                .singleElement()
                .satisfies(c -> assertThat(c.getImmutable()).isTrue())
                .satisfies(c -> assertThat(c.getData()).containsEntry("report.json", "{\"rows\":[1,2]}"));
        assertThat(world.status().evaluation().report().configMap()).isEqualTo("reviews-report");
        assertThat(world.writes.indexOf("create ConfigMap/reviews-report"))
                .isLessThan(world.writes.lastIndexOf("status"));
    }

    @Test
    void aRefusedCandidateCompletesWithoutBeingReady() {
        World world = new World();
        world.verdict = new EvaluateResult(
                false,
                "Failed",
                "good-enough: f1Macro 0.9 is below 0.95",
                new EvaluationSummary("f1Macro", "0.8", Baseline.LinearProbe, "0.9"),
                List.of(),
                List.of(),
                List.of(),
                null);
        for (int stage = 0; stage < 3; stage++) {
            world.runStage();
        }
        assertThat(world.isTrue("Complete")).isTrue();
        assertThat(world.isTrue("Ready")).isFalse();
        assertThat(world.reason("Ready")).isEqualTo("GateNotPassed");
        assertThat(world.reason("Stalled")).isEqualTo("GateNotPassed");
        assertThat(world.reason("GatePassed")).isEqualTo("Failed");
        assertThat(world.message("Ready")).contains("good-enough");
        assertThat(world.reason("Published")).isEqualTo("Skipped");
    }

    @Test
    void deployedModelsAreResolvedOnceAndJudgedAgainWhenTheyChanged() {
        World world = new World();
        world.deployments.add(deployment("live", "sha256:one"));
        world.deployments.add(deployment("idle", null));
        world.runStage();
        world.runStage();
        assertThat(world.status().resolved().deployed())
                .containsExactly(new DeployedModel("sha256:one", "pvc://models/one", "live"));

        world.settle();
        Pod pod = world.start(world.schedule().orElseThrow());
        world.deployments.set(0, deployment("live", "sha256:two"));
        world.succeed(pod);
        world.settle();

        assertThat(world.isTrue("Complete")).isFalse();
        assertThat(world.reason("GatePassed")).isEqualTo("StaleBaseline");
        assertThat(world.status().resolved().deployed())
                .extracting(DeployedModel::digest)
                .containsExactly("sha256:two");
        world.runStage();
        world.runStage();
        assertThat(world.isTrue("Ready")).isTrue();
        assertThat(world.all(Job.class))
                .extracting(j -> j.getMetadata().getName())
                .as("the same data is not trained on again")
                .containsExactlyInAnyOrder(
                        "reviews-prepare-1",
                        "reviews-train-1",
                        "reviews-evaluate-1",
                        "reviews-prepare-2",
                        "reviews-evaluate-2");
    }

    @Test
    void usesOfATestSetAreCountedAmongTheJobsOfTheNamespace() {
        World world = new World();
        FineTuneJob other = Samples.job("""
                metadata: {name: other, namespace: team, uid: uid-9}
                status: {dataset: {testDigest: "sha256:test", testUses: 1}}
                """);
        world.neighbours.add(other);
        world.neighbours.add(world.job);
        for (int stage = 0; stage < 3; stage++) {
            world.runStage();
        }
        assertThat(world.status().dataset().testUses()).isEqualTo(2);
    }

    @Test
    void aPodThatNeverConfirmsItsEndIsReportedAndNotReplaced() {
        World world = new World();
        world.runStage();
        world.settle();
        world.start(world.schedule().orElseThrow());
        world.settle();
        world.suspend(true);
        world.settle();
        world.suspend(false);
        world.now = world.now.plusSeconds(600);
        world.settle();
        assertThat(world.reason("Stalled")).isEqualTo("NodeLost");
        assertThat(world.message("Stalled")).contains("force-delete");
        assertThat(world.objects).doesNotContainKey("Job/reviews-train-2");
    }

    private static String name(Pod pod) {
        return pod.getMetadata().getName();
    }

    private static Event event(String reason, String message) {
        return new EventBuilder()
                .withReason(reason)
                .withMessage(message)
                .withLastTimestamp("2026-01-01T00:00:10Z")
                .build();
    }

    private static ModelDeployment deployment(String name, String digest) {
        String stable = digest == null
                ? "{}"
                : "{stable: {digest: \"%s\", storageUri: \"pvc://models/%s\"}}".formatted(digest, digest.substring(7));
        return LenientClient.serialization().unmarshal("""
                        apiVersion: finetune.dev/v1alpha1
                        kind: ModelDeployment
                        metadata: {name: %s, namespace: team}
                        spec: {model: {type: Follow, follow: {modelName: reviews}}}
                        status: %s
                        """.formatted(name, stable), ModelDeployment.class);
    }
}
