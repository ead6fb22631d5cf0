package dev.finetune.acceptance.job;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.acceptance.Contended;
import dev.finetune.acceptance.LocalCluster;
import dev.finetune.acceptance.OperatorUnderTest;
import dev.finetune.api.Condition;
import dev.finetune.api.FailureClass;
import dev.finetune.api.Json;
import dev.finetune.api.run.Stage;
import dev.finetune.operator.desired.Labels;
import dev.finetune.operator.kube.FineTuneJob;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.ResourceAccessMode;
import org.junit.jupiter.api.parallel.ResourceLock;

/** Ends that nobody meant: each leads to another try or, in the end, to a failure that says why. */
@ResourceLock(value = Contended.KINDS, mode = ResourceAccessMode.READ)
class DisruptedJobIT {
    @RegisterExtension
    static final LocalCluster CLUSTER = LocalCluster.controlPlane();

    private static final int MOST_LOST_RESULTS = 3;
    private static final int MOST_DISRUPTIONS = 20;
    private static final long GRACE_SECONDS = 30;
    private static final Duration SEEN = Duration.ofSeconds(30);

    private static final TestClock CLOCK = new TestClock();

    private static Stagehand stage;
    private static OperatorUnderTest operator;

    /** The system's time, and more. */
    private static final class TestClock extends Clock {
        private volatile Duration ahead = Duration.ZERO;

        void ahead(Duration by) {
            ahead = by;
        }

        @Override
        public Instant instant() {
            return Instant.now().plus(ahead);
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            throw new UnsupportedOperationException();
        }
    }

    @BeforeAll
    static void start() {
        String namespace = CLUSTER.newNamespace("ftj");
        operator = OperatorUnderTest.start(CLUSTER, namespace, FineTuneJobIT.CONFIG, CLOCK);
        stage = new Stagehand(CLUSTER.client(), namespace);
    }

    @AfterAll
    static void stop() {
        if (operator != null) {
            operator.close();
        }
    }

    @BeforeEach
    void tellTheTime() {
        CLOCK.ahead(Duration.ZERO);
    }

    @Test
    void aResultThatIsLostIsMadeAgainByAnotherRun() {
        // given
        stage.submit("forgetful", "");

        // when
        loseResult("forgetful", Stage.prepare, 1);

        // then
        assertThat(stage.awaitChild("forgetful-prepare-2").getMetadata().getLabels())
                .containsEntry(Labels.RUN, "2");
        stage.play("forgetful", Stage.prepare, 2);
        stage.await("forgetful", "DataValidated", "True", "Succeeded");
        stage.play("forgetful", Stage.train, 1);
        stage.play("forgetful", Stage.evaluate, 1);
        stage.await("forgetful", "Ready", "True", "Published");
        assertThat(stage.job("forgetful").getStatus().attempts().resultsLost()).isEqualTo(1);
        assertThat(CLUSTER.kubectl("get", "events.events.k8s.io", "-n", stage.namespace))
                .contains("ResultLost", "forgetful-prepare-1");
    }

    @Test
    void resultsThatAreLostAgainAndAgainEndTheJob() {
        // given
        stage.submit("amnesiac", "");
        stage.play("amnesiac", Stage.prepare, 1);

        // when
        for (int run = 1; run <= MOST_LOST_RESULTS; run++) {
            loseResult("amnesiac", Stage.train, run);
            stage.awaitChild("amnesiac-train-" + (run + 1));
            assertThat(stage.condition("amnesiac", "Failed").orElseThrow().status())
                    .isEqualTo("False");
        }
        loseResult("amnesiac", Stage.train, MOST_LOST_RESULTS + 1);

        // then
        Condition failed = stage.await("amnesiac", "Failed", "True", "ResultLost");
        assertThat(failed.message()).contains("train", "4 times");
        assertThat(stage.job("amnesiac").getStatus().failure())
                .satisfies(f -> assertThat(f.type()).isEqualTo(FailureClass.ResultLost))
                .satisfies(f -> assertThat(f.advice()).isEqualTo(FailureClass.ResultLost.advice()));
        thenThereAreNoOtherJobs("amnesiac", "prepare-1", "train-1", "train-2", "train-3", "train-4");
    }

    @Test
    void aPodThatIsMovedAwayForEverEndsTheJob() {
        // given
        stage.submit("nomad", "");
        stage.play("nomad", Stage.prepare, 1);
        Job train = stage.awaitChild("nomad-train-1");

        // when
        for (int n = 1; n <= MOST_DISRUPTIONS + 1; n++) {
            // Pods of one second are told apart by their names.
            Pod pod = stage.start(train, "p%02d".formatted(n));
            awaitWorking("nomad", pod);
            assertThat(stage.condition("nomad", "Failed").orElseThrow().status())
                    .as("after %d disruptions", n - 1)
                    .isEqualTo("False");
            stage.end(pod, 143, "Error", "");
        }
        stage.start(train, "q");

        // then
        Condition failed = stage.await("nomad", "Failed", "True", "Evicted");
        assertThat(failed.message()).contains("21 times");
        FineTuneJob job = stage.job("nomad");
        assertThat(job.getStatus().failure().advice()).isEqualTo(FailureClass.Evicted.advice());
        assertThat(job.getStatus().attempts())
                .satisfies(a -> assertThat(a.disrupted()).isEqualTo(MOST_DISRUPTIONS + 1))
                .satisfies(a -> assertThat(a.failed()).isNull())
                .satisfies(a -> assertThat(a.train()).isEqualTo(1));
        Awaitility.await("its Job is stopped")
                .until(() -> stage.client.resource(train).get() == null);
        thenThereAreNoOtherJobs("nomad", "prepare-1");
    }

    @Test
    void aPodOnALostNodeIsToldAndNotReplaced() {
        // given
        stage.submit("stranded", "");
        Job prepare = stage.awaitChild("stranded-prepare-1");
        Pod pod = stage.startOn("gone", prepare, "a");
        awaitWorking("stranded", pod);
        delete(pod);
        assertThat(stage.client.resource(pod).get().getMetadata().getDeletionTimestamp())
                .isNotNull();
        assertThat(stage.condition("stranded", "Stalled").orElseThrow().status())
                .isEqualTo("False");

        // when it should have ended long ago
        CLOCK.ahead(Duration.ofSeconds(GRACE_SECONDS).plusMinutes(2));
        poke(pod);

        // then
        Condition stalled = stage.await("stranded", "Stalled", "True", "NodeLost");
        assertThat(stalled.message())
                .contains(pod.getMetadata().getName(), "gone")
                .contains(FailureClass.NodeLost.advice());
        assertThat(stage.condition("stranded", "Failed").orElseThrow().status()).isEqualTo("False");
        thenThereAreNoOtherJobs("stranded", "prepare-1");

        // when somebody removes it, and the Job controller makes another
        stage.client.resource(pod).withGracePeriod(0).delete();
        Pod next = stage.start(prepare, "b");

        // then it goes on
        awaitWorking("stranded", next);
        stage.await("stranded", "Stalled", "False", "Preparing");
        stage.end(next, 0, "Completed", Json.write(Stagehand.result(prepare, true)));
        stage.complete(prepare);
        stage.await("stranded", "DataValidated", "True", "Succeeded");
        assertThat(stage.job("stranded").getStatus().attempts().disrupted()).isEqualTo(1);
    }

    @Test
    void theNextRunWaitsForAPodOnALostNode() {
        // given
        stage.submit("fenced", "");
        Job prepare = stage.awaitChild("fenced-prepare-1");
        Pod pod = stage.startOn("gone", prepare, "a");
        awaitWorking("fenced", pod);
        suspend("fenced", true);
        stage.await("fenced", "Suspended", "True", "Suspended");
        Awaitility.await("its Job is stopped")
                .until(() -> stage.client.resource(prepare).get() == null);
        delete(pod);

        // when
        suspend("fenced", false);
        CLOCK.ahead(Duration.ofSeconds(GRACE_SECONDS).plusMinutes(2));
        poke(pod);

        // then
        Condition stalled = stage.await("fenced", "Stalled", "True", "NodeLost");
        assertThat(stalled.message()).contains(pod.getMetadata().getName()).contains(FailureClass.NodeLost.advice());
        thenThereAreNoOtherJobs("fenced");

        // when
        stage.client.resource(pod).withGracePeriod(0).delete();

        // then
        stage.awaitChild("fenced-prepare-2");
        stage.await("fenced", "Stalled", "False", "Preparing");
    }

    /** The Job completes after its pod, and with it the termination message, was deleted. */
    private static void loseResult(String name, Stage of, int run) {
        Job child = stage.awaitChild(name + "-" + of + "-" + run);
        Pod pod = stage.start(child, "a");
        awaitWorking(name, pod);
        stage.end(pod, 0, "Completed", Json.write(Stagehand.result(child, true)));
        stage.client.resource(pod).withGracePeriod(0).delete();
        Awaitility.await("the operator knows that the pod is gone")
                .atMost(SEEN)
                .until(() -> stage.condition(name, "Ready")
                        .filter(c -> c.message().contains("waits for its pod"))
                        .isPresent());
        stage.complete(child);
    }

    private static void awaitWorking(String name, Pod pod) {
        Awaitility.await("the operator knows " + pod.getMetadata().getName())
                .atMost(SEEN)
                .pollInterval(Duration.ofMillis(50))
                .until(() -> Optional.ofNullable(stage.job(name).getStatus().progress())
                        .filter(p -> pod.getMetadata().getName().equals(p.pod()))
                        .isPresent());
    }

    private static void delete(Pod pod) {
        stage.client.resource(pod).withGracePeriod(GRACE_SECONDS).delete();
    }

    /** Any change of a pod makes the operator look again. */
    private static void poke(Pod pod) {
        stage.client
                .pods()
                .inNamespace(stage.namespace)
                .withName(pod.getMetadata().getName())
                .edit(p -> {
                    p.getMetadata().getLabels().put("poked", "yes");
                    return p;
                });
    }

    private static void thenThereAreNoOtherJobs(String name, String... expected) {
        Awaitility.await("no other Job")
                .during(Duration.ofSeconds(2))
                .atMost(SEEN)
                .untilAsserted(() -> assertThat(stage.client
                                .batch()
                                .v1()
                                .jobs()
                                .inNamespace(stage.namespace)
                                .withLabel(Labels.JOB, name)
                                .list()
                                .getItems())
                        .extracting(j -> j.getMetadata().getName())
                        .containsExactlyInAnyOrderElementsOf(List.of(expected).stream()
                                .map(e -> name + "-" + e)
                                .toList()));
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
