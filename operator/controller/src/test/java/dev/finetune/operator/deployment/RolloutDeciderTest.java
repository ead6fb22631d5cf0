package dev.finetune.operator.deployment;

import static dev.finetune.operator.deployment.RolloutWorld.digest;
import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.api.Condition;
import dev.finetune.api.ModelVersion;
import dev.finetune.api.RejectedVersion;
import dev.finetune.operator.desired.Announcement;
import dev.finetune.operator.desired.Labels;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RolloutDeciderTest {
    private final RolloutWorld world = new RolloutWorld();

    @Test
    void waitsForAModelThatPassedItsGate() {
        world.refused("reviews-v1", 0).settle();

        assertThat(world.deployments).isEmpty();
        assertCondition("Ready", "False", "NoModel", "reviews-v1 did not pass: good-enough: f1 is 0.41, expected 0.85");
        assertCondition("Stalled", "False", "UpToDate", "");
    }

    @Test
    void servesTheFirstModelOnceItsServersAreReady() {
        world.published("reviews-v1", 1, 0);
        world.stuck.add(digest(1));
        world.settle();

        assertThat(world.replicas(1)).isEqualTo(2);
        assertCondition("Ready", "False", "Loading", "0 of 2 servers are ready");
        assertThat(world.primary.getStatus().stable()).isNull();

        world.stuck.clear();
        world.settle();

        assertCondition("Ready", "True", "Serving", "of reviews-v1 answers at http://reviews.team.svc");
        assertCondition("Reconciling", "False", "UpToDate", "");
        assertCondition("ModelLoaded", "True", "Loaded", "");
        ModelVersion stable = world.primary.getStatus().stable();
        assertThat(stable.digest()).isEqualTo(digest(1));
        assertThat(stable.modelName()).isEqualTo("reviews");
        assertThat(stable.primaryMetric()).isEqualTo("0.91");
        assertThat(stable.weight()).isEqualTo(100);
        assertThat(world.primary.getStatus().readyReplicas()).isEqualTo(2);
        assertThat(world.primary.getStatus().url()).isEqualTo("http://reviews.team.svc");
        assertThat(world.primary.getStatus().selector()).isEqualTo("finetune.dev/deployment=reviews");
    }

    @Test
    void writesNothingWhenSettled() {
        world.published("reviews-v1", 1, 0).settle();
        int before = world.writes;

        world.now = world.now.plusSeconds(3600);
        world.reconcile();

        assertThat(world.writes).isEqualTo(before);
    }

    @Test
    void movesTheTrafficBeforeTheOldServersLeave() {
        world.published("reviews-v1", 1, 0).settle();
        world.published("reviews-v2", 2, 100);
        world.reconcile();

        assertThat(world.replicas(2)).isEqualTo(2);
        assertThat(world.service.getSpec().getSelector()).containsEntry(Labels.DIGEST, "1".repeat(16));
        assertCondition("Ready", "True", "Serving", "0 of 2 servers are ready");
        assertCondition("Progressing", "True", "RollingOut", "");
        assertThat(world.primary.getStatus().canary().weight()).isZero();

        world.comeUp();
        world.reconcile();
        assertThat(world.service.getSpec().getSelector()).containsEntry(Labels.DIGEST, "2".repeat(16));
        assertThat(world.replicas(1)).isEqualTo(2);

        world.now = world.now.plusSeconds(4);
        assertThat(world.reconcile().requeueAfter())
                .hasValueSatisfying(d -> assertThat(d).isLessThan(Duration.ofSeconds(2)));
        assertThat(world.replicas(1)).isEqualTo(2);
        assertCondition("Progressing", "True", "Draining", "");

        world.now = world.now.plusSeconds(2);
        world.reconcile();
        assertThat(world.replicas(1)).isZero();
        assertCondition("Progressing", "False", "UpToDate", "");
        assertThat(world.primary.getStatus().history())
                .extracting(ModelVersion::digest)
                .containsExactly(digest(1));
    }

    @Test
    void keepsServingTheOldModelWhenTheServerRefusesTheNewOne() {
        world.published("reviews-v1", 1, 0).settle();
        world.published("reviews-v2", 2, 100);
        world.stuck.add(digest(2));
        world.settle();
        world.ended(
                2,
                42,
                1,
                "{\"message\":\"never ready: DigestMismatch: /model: expected sha256:22, found sha256:33\",\"x\":1}");
        world.settle();

        assertThat(world.replicas(1)).isEqualTo(2);
        assertThat(world.replicas(2)).isEqualTo(-1);
        assertCondition(
                "Ready",
                "True",
                "Serving",
                "was rejected: the server refused the model: DigestMismatch: /model: expected sha256:22");
        assertCondition("Stalled", "False", "UpToDate", "");
        assertCondition("ModelLoaded", "False", "ModelRejected", "");
        assertThat(world.primary.getStatus().rejected())
                .extracting(RejectedVersion::digest)
                .containsExactly(digest(2));
        assertThat(world.events).extracting(Announcement::reason).contains("ModelRejected");
        assertThat(world.primary.getStatus().lastFailure().message()).contains("of reviews-v2");
    }

    @Test
    void anApprovalLiftsARejectionOnceForEachEdit() {
        keepsServingTheOldModelWhenTheServerRefusesTheNewOne();
        world.pods.clear();
        world.spec("model: {type: Follow, follow: {modelName: reviews}}\nreplicas: 2\napprovedDigest: " + digest(2))
                .settle();
        assertThat(world.replicas(2)).isEqualTo(2);

        world.ended(2, 42, 1, "still wrong").settle();

        assertThat(world.replicas(2)).isEqualTo(-1);
        assertCondition("Ready", "True", "Serving", "was rejected: the server refused the model: still wrong");
    }

    @Test
    void serversThatEndAgainAndAgainSpeakAgainstAModel() {
        world.published("reviews-v1", 1, 0).settle();
        world.published("reviews-v2", 2, 100);
        world.stuck.add(digest(2));
        world.settle();

        world.ended(2, 137, 2, "").settle();
        assertThat(world.replicas(2)).isEqualTo(2);

        world.ended(2, 137, 3, "").settle();
        assertThat(world.replicas(2)).isEqualTo(-1);
        assertCondition("Progressing", "False", "ModelRejected", "ended 3 times, last with exit code 137");
    }

    @Test
    void missingRoomNeverSpeaksAgainstAModel() {
        world.published("reviews-v1", 1, 0).settle();
        world.published("reviews-v2", 2, 100);
        world.stuck.add(digest(2));
        world.settle();
        world.unschedulable(2, "0/1 nodes are available: 1 Insufficient cpu.");
        world.now = world.now.plus(Duration.ofHours(3));
        world.settle();

        assertThat(world.replicas(2)).isEqualTo(2);
        assertCondition("Ready", "True", "Serving", "Insufficient cpu");
        assertCondition("Progressing", "True", "AwaitingCapacity", "Insufficient cpu");
    }

    @Test
    void aModelThatIsNotReadyInTimeIsRejected() {
        world.published("reviews-v1", 1, 0).settle();
        world.published("reviews-v2", 2, 100);
        world.stuck.add(digest(2));
        world.settle();
        Instant started = Instant.parse(world.primary.getStatus().canary().startedAt());
        world.now = started.plusSeconds(899);
        assertThat(world.reconcile().requeueAfter())
                .hasValueSatisfying(d -> assertThat(d).isLessThan(Duration.ofSeconds(2)));
        assertThat(world.replicas(2)).isEqualTo(2);

        world.now = started.plusSeconds(900);
        world.settle();

        assertThat(world.replicas(2)).isEqualTo(-1);
        assertCondition(
                "Progressing", "False", "ProgressDeadlineExceeded", "only 0 of 2 servers were ready after 900 s");
    }

    @Test
    void aFirstModelThatIsRefusedStalls() {
        world.published("reviews-v1", 1, 0);
        world.stuck.add(digest(1));
        world.settle();
        world.ended(1, 42, 0, "never ready: InvalidData: no config.json").settle();

        assertCondition("Ready", "False", "ModelRejected", "InvalidData: no config.json");
        assertCondition("Stalled", "True", "ModelRejected", "");
    }

    @Test
    void aRefusedGateIsToldBesideWhatServes() {
        world.published("reviews-v1", 1, 0).settle();
        world.refused("reviews-v2", 100).settle();

        assertCondition("Ready", "True", "Serving", "reviews-v2 was not taken: good-enough: f1 is 0.41, expected 0.85");
        assertThat(world.deployments).hasSize(1);
    }

    @Test
    void aJobThatDisappearsChangesNothing() {
        world.published("reviews-v1", 1, 0).settle();
        world.published("reviews-v2", 2, 100);
        world.reconcile();
        world.jobs.clear();
        world.settle();

        assertThat(world.primary.getStatus().stable().digest()).isEqualTo(digest(2));
        assertCondition("Ready", "True", "Serving", "");
    }

    @Test
    void followsOnlyWhatIsLater() {
        world.published("reviews-v2", 2, 100).settle();
        world.published("reviews-v1", 1, 50).settle();

        assertThat(world.primary.getStatus().stable().digest()).isEqualTo(digest(2));
        assertThat(world.deployments).hasSize(1);
    }

    @Test
    void aNewerModelReplacesTheOneOnItsWay() {
        world.published("reviews-v1", 1, 0).settle();
        world.stuck.add(digest(2));
        world.published("reviews-v2", 2, 100).settle();
        world.published("reviews-v3", 3, 200).settle();

        assertThat(world.primary.getStatus().stable().digest()).isEqualTo(digest(3));
        assertThat(world.replicas(2)).isEqualTo(-1);
        assertThat(world.primary.getStatus().history())
                .extracting(ModelVersion::digest)
                .containsExactly(digest(1));
    }

    @Test
    void doesNotRollWhatWasJudgedAgainstAnotherVersion() {
        world.published("reviews-v1", 1, 0).settle();
        world.published("reviews-v2", 2, 100, Optional.of(Set.of(digest(9)))).settle();

        assertThat(world.primary.getStatus().stable().digest()).isEqualTo(digest(1));
        assertCondition("Progressing", "False", "StaleBaseline", "reviews-v2 was judged against another version");

        world.published("reviews-v3", 3, 200, Optional.of(Set.of(digest(1)))).settle();
        assertThat(world.primary.getStatus().stable().digest()).isEqualTo(digest(3));
    }

    @Test
    void goesBackAndStaysThereUntilToldOtherwise() {
        world.published("reviews-v1", 1, 0).settle();
        world.published("reviews-v2", 2, 100).settle();
        world.spec("model: {type: Follow, follow: {modelName: reviews}}\nreplicas: 2\nrollbackTo: " + digest(1))
                .settle();

        assertThat(world.primary.getStatus().stable().digest()).isEqualTo(digest(1));
        assertThat(world.primary.getStatus().history())
                .extracting(ModelVersion::digest)
                .containsExactly(digest(2));
        assertCondition("RolledBack", "True", "RolledBack", "");
        assertThat(world.replicas(2)).isZero();

        world.published("reviews-v3", 3, 200).settle();
        assertThat(world.primary.getStatus().stable().digest()).isEqualTo(digest(1));

        world.spec("model: {type: Follow, follow: {modelName: reviews}}\nreplicas: 2")
                .settle();
        assertThat(world.primary.getStatus().stable().digest()).isEqualTo(digest(3));
        assertCondition("RolledBack", "False", "NotRolledBack", "");
    }

    @Test
    void goesBackOnlyToWhatItKnows() {
        world.published("reviews-v1", 1, 0).settle();
        world.spec("model: {type: Follow, follow: {modelName: reviews}}\nreplicas: 2\nrollbackTo: " + digest(7))
                .settle();

        assertCondition("Ready", "True", "Serving", "is not in status.history");
        assertCondition("Stalled", "True", "NotInHistory", "");
        assertThat(world.answering()).isEqualTo(2);
    }

    @Test
    void keepsAsMuchHistoryAsAskedFor() {
        world.spec("model: {type: Follow, follow: {modelName: reviews}}\nreplicas: 2\nrevisionHistoryLimit: 1");
        for (int i = 1; i <= 4; i++) {
            world.published("reviews-v" + i, i, i * 100).settle();
        }

        assertThat(world.primary.getStatus().history())
                .extracting(ModelVersion::digest)
                .containsExactly(digest(3));
        assertThat(world.deployments).hasSize(2);
    }

    @Test
    void scalesWhatServesAndNothingElse() {
        world.published("reviews-v1", 1, 0).settle();
        world.published("reviews-v2", 2, 100).settle();
        world.spec("model: {type: Follow, follow: {modelName: reviews}}\nreplicas: 5")
                .settle();
        assertThat(world.replicas(2)).isEqualTo(5);
        assertThat(world.replicas(1)).isZero();

        world.spec("model: {type: Follow, follow: {modelName: reviews}}\nreplicas: 0")
                .settle();
        assertThat(world.replicas(2)).isZero();
        assertCondition("Ready", "True", "ScaledToZero", "");
        assertCondition("Available", "False", "ScaledToZero", "");

        world.published("reviews-v3", 3, 300).settle();
        assertThat(world.primary.getStatus().stable().digest()).isEqualTo(digest(2));
        world.spec("model: {type: Follow, follow: {modelName: reviews}}\nreplicas: 1")
                .settle();
        assertThat(world.primary.getStatus().stable().digest()).isEqualTo(digest(3));
    }

    @Test
    void replicasThatSomebodyElseWroteAreOurs() {
        world.published("reviews-v1", 1, 0).settle();
        world.deployments.values().iterator().next().getSpec().setReplicas(7);
        world.settle();

        assertThat(world.replicas(1)).isEqualTo(2);
    }

    @Test
    void neverTouchesAServiceThatIsNotOurs() {
        world.foreign.add("Service reviews");
        world.published("reviews-v1", 1, 0);
        world.reconcile();

        assertThat(world.service).isNull();
        assertThat(world.deployments).isEmpty();
        assertCondition("Stalled", "True", "NameConflict", "Service reviews exists and is not ours");
        assertCondition("Ready", "False", "NameConflict", "");
        int before = world.writes;
        assertThat(world.reconcile().requeueAfter()).contains(Duration.ofSeconds(30));
        assertThat(world.writes).isEqualTo(before);

        world.foreign.clear();
        world.settle();
        assertCondition("Ready", "True", "Serving", "");
    }

    @Test
    void servesTheModelOfOneJobAndOfOneArtifact() {
        world.spec("model: {type: FineTuneJob, fineTuneJob: {name: reviews-v1}}")
                .settle();
        assertCondition("Ready", "False", "JobNotFound", "there is no FineTuneJob reviews-v1");
        world.published("reviews-v1", 1, 0).settle();
        assertThat(world.primary.getStatus().stable().digest()).isEqualTo(digest(1));
        world.jobs.clear();
        world.settle();
        assertCondition("Ready", "True", "Serving", "");

        world.spec("model: {type: Artifact, artifact: {storageUri: \"pvc://models/team/reviews/" + "4".repeat(64)
                        + "\", digest: \"" + digest(4) + "\"}}")
                .settle();
        assertThat(world.primary.getStatus().stable().digest()).isEqualTo(digest(4));
        assertThat(world.primary.getStatus().stable().modelName()).isEqualTo("reviews");
        var mount = world.deployments
                .get("reviews-" + "4".repeat(12))
                .getSpec()
                .getTemplate()
                .getSpec();
        assertThat(mount.getVolumes().getFirst().getPersistentVolumeClaim().getClaimName())
                .isEqualTo("models");
        assertThat(mount.getContainers().getFirst().getVolumeMounts().getFirst().getSubPath())
                .isEqualTo("team/reviews/" + "4".repeat(64));
    }

    @Test
    void aSpecThatCannotBeLeavesWhatServes() {
        world.published("reviews-v1", 1, 0).settle();
        world.spec("model: {type: Follow, follow: {modelName: reviews}}\nprofile: tpu")
                .settle();
        assertCondition("Ready", "True", "Serving", "there is no profile tpu; known: cpu-small");
        assertCondition("Stalled", "True", "InvalidSpec", "");
        assertThat(world.answering()).isEqualTo(2);

        for (String poison : new String[] {
            "model: {type: Magic}",
            "model: {type: Follow}",
            "replicas: abc",
            "{}",
            "model: {type: Follow, follow: {modelName: reviews}}\npodTemplate: {serviceAccountName: admin}",
            "model: {type: Follow, follow: {modelName: reviews}}\npodTemplate: {affinity: {nodeAffinity: 7}}",
            "model: {type: Artifact, artifact: {storageUri: \"https://host/x\", digest: \"" + digest(3) + "\"}}"
        }) {
            world.spec(poison).settle();
            assertCondition("Stalled", "True", "InvalidSpec", "");
            assertThat(world.answering()).isPositive();
        }
    }

    @Test
    void aChangeOfTheServerRollsInsideTheVersion() {
        world.published("reviews-v1", 1, 0).settle();
        world.spec(
                        "model: {type: Follow, follow: {modelName: reviews}}\nreplicas: 2\nserver: {maxConcurrency: 9, drainSeconds: 3}")
                .settle();

        assertThat(world.deployments).hasSize(1);
        var pod = world.deployments
                .values()
                .iterator()
                .next()
                .getSpec()
                .getTemplate()
                .getSpec();
        assertThat(pod.getContainers().getFirst().getArgs())
                .containsExactly(
                        "serve",
                        "/model",
                        "--port",
                        "8080",
                        "--model-name",
                        "reviews",
                        "--digest",
                        digest(1),
                        "--max-concurrency",
                        "9",
                        "--drain-seconds",
                        "3");
        assertThat(pod.getTerminationGracePeriodSeconds()).isEqualTo(18);
        assertThat(world.primary.getStatus().history()).isNull();
    }

    private void assertCondition(String type, String status, String reason, String message) {
        Condition condition = world.condition(type);
        assertThat(condition.status()).as("%s", condition).isEqualTo(status);
        assertThat(condition.reason()).as("%s", condition).isEqualTo(reason);
        assertThat(condition.message()).contains(message);
    }
}
