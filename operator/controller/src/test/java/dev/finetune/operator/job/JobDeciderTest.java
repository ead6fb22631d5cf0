package dev.finetune.operator.job;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.api.Condition;
import dev.finetune.api.FailureClass;
import dev.finetune.api.ReadSource;
import dev.finetune.api.run.Plan;
import dev.finetune.operator.desired.Announcement;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import java.util.List;
import org.junit.jupiter.api.Test;

class JobDeciderTest {
    private final World world = new World();

    @Test
    void theFirstVisitSetsEveryConditionAndResolvesOnce() {
        world.reconcile();

        assertThat(world.status().conditions()).extracting(Condition::type).isEqualTo(Reason.TYPES);
        assertThat(world.status().conditions())
                .allSatisfy(c -> assertThat(c.observedGeneration()).isEqualTo(1));
        assertThat(world.status().resolved().profile()).isEqualTo("cpu-small");
        assertThat(world.status().resolved().storageUri()).isEqualTo("pvc://models");
        assertThat(world.reason("Ready")).isEqualTo("Pending");
        assertThat(world.isTrue("Reconciling")).isTrue();
        assertThat(world.writes).containsExactly("status");
    }

    @Test
    void threeStagesLeadToAPublishedModel() {
        world.runStage();
        assertThat(world.status().dataset().train()).isEqualTo(80);
        world.runStage();
        assertThat(world.status().resolved().candidateDigest()).isEqualTo("sha256:candidate");
        assertThat(world.message("Trained"))
                .isEqualTo("3 epochs, f1Macro 0.9836 at step 20, stopped because EpochsDone");
        world.runStage();

        assertThat(world.all(Job.class))
                .extracting(j -> j.getMetadata().getName())
                .containsExactly("reviews-prepare-1", "reviews-train-1", "reviews-evaluate-1");
        assertThat(world.status().resolved().sources())
                .containsExactly(new ReadSource("spec.dataset.train", "c0ffee", 2L, 300L, "sha256:train"));
        assertThat(world.isTrue("Ready")).isTrue();
        assertThat(world.reason("Ready")).isEqualTo("Published");
        assertThat(world.isTrue("Complete")).isTrue();
        assertThat(world.isTrue("Reconciling")).isFalse();
        assertThat(world.isTrue("Stalled")).isFalse();
        assertThat(world.status().model().digest()).isEqualTo("sha256:abc");
        assertThat(world.status().evaluation().summary().after()).isEqualTo("0.9");
        assertThat(world.status().dataset().testUses()).isEqualTo(1);
        assertThat(world.status().attempts().runs()).isEqualTo(3);
        assertThat(world.status().restarts()).isNull();
        assertThat(world.status().progress().progressPercentage()).isEqualTo(100);
        assertThat(world.reconcile()).as("a settled job is not written").isFalse();
    }

    @Test
    void theStatusNamesTheStageThatIsBeingStartedAndNeverGoesBack() {
        world.runStage();
        world.runStage();
        world.runStage();

        // An event goes with every change of Ready's reason, which is column STATUS.
        assertThat(world.events)
                .extracting(Announcement::reason)
                .containsExactly("Pending", "Preparing", "Training", "Evaluating", "Published");
    }

    @Test
    void trainNeverLearnsOfTheTestSet() throws Exception {
        world.runStage();
        world.settle();

        ConfigMap config = world.all(ConfigMap.class).stream()
                .filter(c -> c.getMetadata().getName().equals("reviews-plan-train-1"))
                .findFirst()
                .orElseThrow();
        Plan plan = dev.finetune.api.Json.MAPPER.readValue(config.getData().get("plan.json"), Plan.class);
        assertThat(plan.spec().dataset().test()).isNull();
        assertThat(plan.testDigest()).isNull();
        assertThat(plan.modelDigest()).isEqualTo("sha256:model");
        assertThat(world.child("reviews-train-1")
                        .getSpec()
                        .getTemplate()
                        .getSpec()
                        .getContainers()
                        .getFirst()
                        .getVolumeMounts())
                .extracting(m -> m.getMountPath())
                .containsExactlyInAnyOrder(
                        "/etc/finetune", "/tmp", "/workspace/model", "/workspace/train", "/workspace/run");
    }

    @Test
    void suspendDeletesTheJobAndResumeRunsItAgainWithoutCountingTheTimeBetween() {
        world.runStage();
        world.settle();
        Pod pod = world.start(world.schedule().orElseThrow());
        world.settle();
        world.now = world.now.plusSeconds(100);

        world.suspend(true);
        world.settle();

        assertThat(world.all(Job.class))
                .extracting(j -> j.getMetadata().getName())
                .containsExactly("reviews-prepare-1");
        assertThat(world.isTrue("Suspended")).isTrue();
        assertThat(world.reason("Ready")).isEqualTo("Suspended");
        assertThat(world.message("Ready")).contains("checkpoint");
        long used = world.status().usage().activeSeconds();

        world.now = world.now.plusSeconds(20);
        world.suspend(false);
        world.settle();
        assertThat(world.objects).as("one writer: the old pod has not ended").doesNotContainKey("Job/reviews-train-2");

        world.objects.remove(World.key(pod));
        world.settle();
        assertThat(world.objects).containsKey("Job/reviews-train-2");
        assertThat(world.reason("Suspended")).isEqualTo("Resumed");
        assertThat(world.status().usage().activeSeconds()).isEqualTo(used);

        Pod second = world.start(world.schedule().orElseThrow());
        world.settle();
        world.succeed(second);
        world.settle();
        world.runStage();
        assertThat(world.isTrue("Ready")).isTrue();
        assertThat(world.status().restarts()).isEqualTo(1);
    }

    @Test
    void outOfMemoryHalvesTheMicroBatchUntilOne() {
        world.runStage();
        for (int expected : List.of(4, 2, 1)) {
            world.settle();
            Pod pod = world.start(world.schedule().orElseThrow());
            world.fail(pod, 43, FailureClass.OutOfMemory, "the engine has no memory left");
            world.settle();
            assertThat(world.status().resolved().microBatchSize()).isEqualTo(expected);
        }
        Pod pod = world.start(world.schedule().orElseThrow());
        world.fail(pod, 43, FailureClass.OutOfMemory, "the engine has no memory left");
        world.settle();

        assertThat(world.isTrue("Failed")).isTrue();
        assertThat(world.reason("Failed")).isEqualTo("OutOfMemory");
        assertThat(world.status().failure().exitCode()).isEqualTo(43);
        assertThat(world.status().failure().advice()).isNotBlank();
        assertThat(world.status().attempts().outOfMemory()).isEqualTo(3);
    }

    @Test
    void aKillAtTheMemoryLimitIsOutOfMemoryThoughTheJobWouldTryAgain() {
        world.runStage();
        world.settle();
        Pod pod = world.start(world.schedule().orElseThrow());
        world.end(pod, 137, "OOMKilled", "");
        world.settle();

        assertThat(world.status().resolved().microBatchSize()).isEqualTo(4);
        assertThat(world.writes).contains("delete Job/reviews-train-1");
        assertThat(world.objects).containsKey("Job/reviews-train-2").doesNotContainKey("Job/reviews-train-1");
    }

    @Test
    void whatTheStageSaysAboutItsFailureReachesTheStatus() {
        world.settle();
        Pod pod = world.start(world.schedule().orElseThrow());
        world.logs.put(pod.getMetadata().getName(), "reading train.csv\nerror: row 3");
        world.fail(pod, 42, FailureClass.InvalidData, "train.csv row 3: expected 2 columns, got 1");
        world.settle();

        assertThat(world.status().failure().type()).isEqualTo(FailureClass.InvalidData);
        assertThat(world.status().failure().message()).isEqualTo("train.csv row 3: expected 2 columns, got 1");
        assertThat(world.status().failure().logTail()).contains("row 3");
        assertThat(world.reason("DataValidated")).isEqualTo("Failed");
        assertThat(world.reason("Stalled")).isEqualTo("InvalidData");
        assertThat(world.reason("Ready")).isEqualTo("Failed");
        assertThat(world.reconcile()).isFalse();
    }

    @Test
    void aLostResultIsRunAgainThreeTimes() {
        for (int run = 1; run <= 4; run++) {
            world.settle();
            Pod pod = world.start(world.schedule().orElseThrow());
            Job child = world.jobOf(pod);
            world.objects.remove(World.key(pod));
            world.finish(child, "Complete", "CompletionsReached", "");
            world.settle();
        }

        assertThat(world.reason("Failed")).isEqualTo("ResultLost");
        assertThat(world.all(Job.class)).hasSize(4);
    }

    @Test
    void aResultThatTheMessageLostIsTakenFromTheLog() {
        world.settle();
        Pod pod = world.start(world.schedule().orElseThrow());
        Job child = world.jobOf(pod);
        world.logs.put(pod.getMetadata().getName(), "result " + dev.finetune.api.Json.write(world.result(child)));
        world.end(pod, 0, "Completed", "");
        world.finish(child, "Complete", "CompletionsReached", "");
        world.settle();

        assertThat(world.isTrue("DataValidated")).isTrue();
    }

    @Test
    void evictionsDoNotCountButMoreThanTwentyWithoutProgressEndTheJob() {
        world.runStage();
        world.settle();
        for (int i = 0; i < 21; i++) {
            Pod pod = world.start(world.schedule().orElseThrow());
            world.settle();
            world.evict(pod);
            world.settle();
        }
        assertThat(world.isTrue("Failed")).isFalse();
        world.start(world.schedule().orElseThrow());
        world.settle();

        assertThat(world.reason("Failed")).isEqualTo("Evicted");
        assertThat(world.status().attempts().disrupted()).isEqualTo(21);
        assertThat(world.status().attempts().failed()).isNull();
        assertThat(world.objects).as("its Job is stopped").doesNotContainKey("Job/reviews-train-1");
    }

    @Test
    void aNewerCheckpointForgivesEvictions() {
        world.runStage();
        world.settle();
        for (int i = 0; i < 30; i++) {
            Pod pod = world.start(world.schedule().orElseThrow());
            world.logs.put(
                    pod.getMetadata().getName(),
                    "progress {\"stage\":\"train\",\"step\":" + (i + 1) + ",\"percent\":1}");
            world.settle();
            world.evict(pod);
            world.settle();
        }
        assertThat(world.isTrue("Failed")).isFalse();
        assertThat(world.status().attempts().disrupted()).isEqualTo(29);
        assertThat(world.status().progress().step()).isEqualTo(30);
    }

    @Test
    void aTerminalJobStaysAsItIsWhateverHappensToItsChildren() {
        world.runStage();
        world.runStage();
        world.runStage();
        var end = world.status();
        world.objects.clear();
        world.now = world.now.plusSeconds(100_000);

        assertThat(world.reconcile()).isFalse();
        assertThat(world.status()).isEqualTo(end);
    }
}
