package dev.finetune.acceptance.job;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.acceptance.Contended;
import dev.finetune.acceptance.LocalCluster;
import dev.finetune.acceptance.job.SmallJobs.End;
import dev.finetune.api.run.Stage;
import dev.finetune.operator.desired.Names;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.ResourceLock;

/** A real result that is lost: the pod goes, and its termination message with it, while no operator looks. */
@Execution(ExecutionMode.SAME_THREAD)
@ResourceLock(Contended.OPERATOR)
class DisruptedJobNodeIT {
    @RegisterExtension
    static final LocalCluster CLUSTER = LocalCluster.node();

    private static SmallJobs jobs;
    private static End undisturbed;
    private static OperatorPods operator;

    @BeforeAll
    static void trainUndisturbed() {
        jobs = SmallJobs.in(CLUSTER);
        operator = new OperatorPods(CLUSTER);
        undisturbed = jobs.undisturbed();
    }

    @AfterAll
    static void leaveOne() {
        if (operator != null) {
            operator.scale(1);
        }
    }

    @Test
    void aTrainingWhoseResultIsLostIsMadeAgainBitForBit() {
        // given
        String name = "forgetful";
        String train = Names.stageJob(name, Stage.train, 1);
        try (JobHistory history = JobHistory.of(jobs, name)) {
            jobs.submit(name);
            Pod pod = jobs.awaitRunning(name, Stage.train, Set.of());
            operator.scale(0);
            Awaitility.await(train + " is complete")
                    .atMost(SmallJobs.LONG)
                    .until(() -> history.job(train)
                            .filter(j -> j.getStatus().getConditions().stream()
                                    .anyMatch(c -> c.getType().equals("Complete")))
                            .isPresent());
            assertThat(SmallJobs.condition(jobs.status(name), "Trained")).isEqualTo("Unknown");
            assertThat(history.end(pod.getMetadata().getName()).orElseThrow().getMessage())
                    .contains(undisturbed.candidate());

            // when
            jobs.client.resource(pod).withGracePeriod(0).delete();
            Awaitility.await("the pod is gone")
                    .atMost(Duration.ofMinutes(1))
                    .until(() -> jobs.pod(pod.getMetadata().getName()) == null);
            operator.scale(1);
            End end = jobs.complete(name);

            // then
            assertThat(end.status().at("/attempts/resultsLost").asInt()).isEqualTo(1);
            assertThat(end.status().at("/attempts/train").asInt()).isEqualTo(2);
            assertThat(end.candidate()).isEqualTo(undisturbed.candidate());
            assertThat(end.publishedFiles()).isEqualTo(undisturbed.publishedFiles());
            assertThat(history.broken()).isEmpty();
        }
    }
}
