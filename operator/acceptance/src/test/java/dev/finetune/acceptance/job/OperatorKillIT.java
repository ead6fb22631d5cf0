package dev.finetune.acceptance.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.finetune.acceptance.ContainerProcess;
import dev.finetune.acceptance.Contended;
import dev.finetune.acceptance.LocalCluster;
import dev.finetune.acceptance.job.SmallJobs.End;
import dev.finetune.api.Json;
import dev.finetune.api.run.Stage;
import dev.finetune.operator.OperatorConfig.LeaderElection;
import dev.finetune.operator.desired.Labels;
import dev.finetune.operator.desired.Names;
import dev.finetune.operator.kube.FineTuneJob;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.ResourceLock;

/**
 * The operator is killed while jobs run; they have to end as one during which it was left alone, and nothing may be done twice.
 * {@code -Dkill.runs=N} says how often it is killed, {@code -Dkill.seed=S} repeats the draws of an earlier run.
 */
@Execution(ExecutionMode.SAME_THREAD)
@ResourceLock(Contended.OPERATOR)
class OperatorKillIT {
    @RegisterExtension
    static final LocalCluster CLUSTER = LocalCluster.node();

    private static final int RUNS = Integer.getInteger("kill.runs", 4);
    private static final long SEED = Long.getLong("kill.seed", System.nanoTime());
    private static final int KILLS_OF_A_JOB = 4;
    /** As long as the operator takes to act on what it sees; a kill falls into this time after a milestone. */
    private static final int WINDOW_MILLIS = 600;
    /** Of all steps: checkpoints are seen at least up to here. */
    private static final double LATEST_STEP = 0.6;

    private static final int STEPS_DRAWN = 6;
    private static final List<String> OF_STAGES = List.of("DataValidated", "Trained", "Evaluated");

    private static SmallJobs jobs;
    private static End undisturbed;
    private static OperatorPods operator;
    private static ScheduledExecutorService timer;

    /** Something that happens in every job. */
    private record Milestone(String name, BooleanSupplier reached) {}

    @BeforeAll
    static void trainUndisturbed() {
        jobs = SmallJobs.in(CLUSTER);
        operator = new OperatorPods(CLUSTER);
        operator.awaitReady();
        undisturbed = jobs.undisturbed();
        timer = Executors.newSingleThreadScheduledExecutor();
    }

    @AfterAll
    static void leaveOne() {
        if (timer != null) {
            timer.shutdownNow();
            operator.scale(1);
        }
    }

    @TestFactory
    Stream<DynamicTest> aJobEndsAlikeHoweverOftenTheOperatorIsKilled() {
        System.out.printf("kill.runs=%d kill.seed=%d%n", RUNS, SEED);
        Random random = new Random(SEED);
        return IntStream.range(0, Math.ceilDiv(RUNS, KILLS_OF_A_JOB)).mapToObj(n -> {
            int kills = Math.min(KILLS_OF_A_JOB, RUNS - n * KILLS_OF_A_JOB);
            Random draws = new Random(random.nextLong());
            return DynamicTest.dynamicTest(kills + " kills", () -> endsAlike("orphan-" + (n + 1), kills, draws));
        });
    }

    private static void endsAlike(String name, int kills, Random random) throws Exception {
        try (JobHistory history = JobHistory.of(jobs, name)) {
            // given
            List<Milestone> milestones = milestones(name, history, random);
            List<Integer> drawn = new ArrayList<>(
                    IntStream.range(0, milestones.size()).boxed().toList());
            Collections.shuffle(drawn, random);
            boolean renamed = random.nextBoolean();
            operator.awaitReady();
            jobs.submit(name);

            // when
            for (int at : new TreeSet<>(drawn.subList(0, kills))) {
                Milestone milestone = milestones.get(at);
                Awaitility.await(milestone.name())
                        .atMost(SmallJobs.LONG)
                        .pollDelay(Duration.ZERO)
                        .pollInterval(Duration.ofMillis(20))
                        .until(milestone.reached()::getAsBoolean);
                Pod pod = operator.awaitRunning();
                ContainerProcess process = ContainerProcess.of(pod).orElseThrow();
                int after = random.nextInt(WINDOW_MILLIS);
                boolean killed = timer.schedule(process::kill, after, TimeUnit.MILLISECONDS)
                        .get();
                System.out.printf(
                        "%s: %s killed %d ms after: %s%s%n",
                        name,
                        pod.getMetadata().getName(),
                        after,
                        milestone.name(),
                        renamed ? ", and its pod removed" : "");
                assertThat(killed).as("the operator ran when it was killed").isTrue();
                if (renamed) {
                    operator.remove(pod);
                }
                // Without the change the kubelet would wait longer and longer before it starts the container again.
                renamed = !renamed;
            }
            End end = jobs.complete(name);

            // then
            thenItEndedAlike(end);
            thenNothingWasDoneTwice(name, history);
            thenNoStatusWasLost(history);
        }
        operator.awaitReady();
    }

    @Test
    void theStandbyTakesOverFromALeaderThatIsKilled() {
        // given
        String name = "heirless";
        operator.scale(2);
        String leader = Awaitility.await("a leader")
                .atMost(OperatorPods.BACK)
                .until(
                        operator::holder,
                        h -> operator.all().stream()
                                .anyMatch(p -> p.getMetadata().getName().equals(h)));
        Pod killed = pod(p -> p.equals(leader));
        Pod standby = pod(p -> !p.equals(leader));
        try (JobHistory history = JobHistory.of(jobs, name)) {
            jobs.submit(name);
            Pod train = jobs.awaitRunning(name, Stage.train, Set.of());
            StepClock.of(jobs, name, train);

            // when: no other pod than the standby can take the lease, as none can start
            CLUSTER.kubectl("cordon", "node");
            try {
                assertThat(ContainerProcess.of(killed).orElseThrow().kill()).isTrue();
                operator.remove(killed);
                assertThat(history.job(Names.stageJob(name, Stage.evaluate, 1)))
                        .as("what is left for the standby to make")
                        .isEmpty();
                long start = System.nanoTime();

                // then
                Awaitility.await("the standby leads")
                        .atMost(LeaderElection.LEASE.multipliedBy(2))
                        .pollInterval(Duration.ofMillis(100))
                        .until(operator::holder, standby.getMetadata().getName()::equals);
                System.out.printf("the standby took over after %.1f s%n", (System.nanoTime() - start) / 1e9);
            } finally {
                CLUSTER.kubectl("uncordon", "node");
            }
            End end = jobs.complete(name);
            assertThat(operator.holder()).isEqualTo(standby.getMetadata().getName());
            Pod still = jobs.client.resource(standby).get();
            assertThat(still.getStatus().getContainerStatuses().getFirst().getContainerID())
                    .as("the container that stood by")
                    .isEqualTo(standby.getStatus()
                            .getContainerStatuses()
                            .getFirst()
                            .getContainerID());
            thenItEndedAlike(end);
            thenNothingWasDoneTwice(name, history);
            thenNoStatusWasLost(history);
        }
    }

    private static Pod pod(Predicate<String> name) {
        return operator.all().stream()
                .filter(p -> name.test(p.getMetadata().getName()))
                .findFirst()
                .orElseThrow();
    }

    private static List<Milestone> milestones(String name, JobHistory history, Random random) {
        List<Milestone> milestones = new ArrayList<>();
        for (Stage stage : Stage.values()) {
            String job = Names.stageJob(name, stage, 1);
            milestones.add(
                    new Milestone(job + " is made", () -> history.job(job).isPresent()));
            milestones.add(new Milestone(job + " has a pod", () -> pod(history, stage, p -> true)));
            milestones.add(new Milestone(
                    job + " works", () -> pod(history, stage, p -> container(p, "/running", "/terminated"))));
            if (stage == Stage.train) {
                milestones.addAll(steps(name, history, random));
            }
            milestones.add(new Milestone(job + " ends", () -> pod(history, stage, p -> container(p, "/terminated"))));
            milestones.add(new Milestone(
                    job + " is complete",
                    () -> history.job(job)
                            .filter(j -> j.getStatus().getConditions().stream()
                                    .anyMatch(c -> c.getType().equals("Complete")))
                            .isPresent()));
            if (stage != Stage.evaluate) {
                // After the last one there is nothing left to do.
                String type = OF_STAGES.get(stage.ordinal());
                milestones.add(new Milestone(
                        type, () -> SmallJobs.condition(jobs.status(name), type).equals("True")));
            }
        }
        return milestones;
    }

    /** Moments in the middle of training. */
    private static List<Milestone> steps(String name, JobHistory history, Random random) {
        int last = (int) (StepClock.steps(undisturbed) * LATEST_STEP);
        return random.ints(STEPS_DRAWN, 1, last)
                .sorted()
                .mapToObj(step -> new Milestone(
                        "step " + step,
                        // The workspace is there once the pod that trains in it is.
                        () -> pod(history, Stage.train, p -> container(p, "/running"))
                                        && StepClock.newestWhole(jobs, name) >= step
                                || pod(history, Stage.train, p -> container(p, "/terminated"))))
                .toList();
    }

    private static boolean pod(JobHistory history, Stage stage, Predicate<Pod> is) {
        return history.seen(Pod.class).stream()
                .filter(p -> stage.name().equals(p.getMetadata().getLabels().get(Labels.STAGE)))
                .anyMatch(is);
    }

    private static boolean container(Pod pod, String... states) {
        JsonNode status = Json.MAPPER.valueToTree(pod.getStatus().getContainerStatuses());
        return status.size() > 0
                && Stream.of(states)
                        .anyMatch(s -> !status.path(0).path("state").at(s).isMissingNode());
    }

    private static void thenItEndedAlike(End end) {
        assertThat(end.settled()).isEqualTo(undisturbed.settled());
        assertThat(end.publishedFiles()).isEqualTo(undisturbed.publishedFiles());
    }

    /** One Job for each stage and one pod for each Job, ever: so no two pods were at work on a stage. */
    private static void thenNothingWasDoneTwice(String name, JobHistory history) {
        assertThat(history.broken()).isEmpty();
        assertThat(history.created(Job.class))
                .extracting(j -> j.getMetadata().getName())
                .containsExactly(name + "-prepare-1", name + "-train-1", name + "-evaluate-1");
        assertThat(history.created(Pod.class))
                .extracting(p -> p.getMetadata().getLabels().get(Labels.STAGE))
                .containsExactly("prepare", "train", "evaluate");
    }

    /** What a status once told, every later one tells: outcomes of stages, digests, times and counts. */
    private static void thenNoStatusWasLost(JobHistory history) {
        JsonNode before = Json.MAPPER.createObjectNode();
        for (FineTuneJob seen : history.seen(FineTuneJob.class)) {
            if (seen.getStatus() == null || seen.getStatus().resolved() == null) {
                // As it was created.
                assertThat(before.path("resolved").isMissingNode())
                        .as("status is not emptied")
                        .isTrue();
                continue;
            }
            JsonNode now = Json.MAPPER.valueToTree(seen.getStatus());
            for (String type : OF_STAGES) {
                if (SmallJobs.condition(before, type).equals("True")) {
                    assertThat(SmallJobs.condition(now, type)).as(type).isEqualTo("True");
                }
            }
            for (String kept : List.of(
                    "/startTime",
                    "/resolved/image",
                    "/resolved/modelDigest",
                    "/resolved/candidateDigest",
                    "/dataset/digest",
                    "/dataset/testDigest",
                    "/model/digest",
                    "/completionTime")) {
                if (!before.at(kept).isMissingNode()) {
                    assertThat(now.at(kept)).as(kept).isEqualTo(before.at(kept));
                }
            }
            for (String grows : List.of(
                    "/attempts/runs",
                    "/attempts/prepare",
                    "/attempts/train",
                    "/attempts/evaluate",
                    "/usage/activeSeconds")) {
                assertThat(now.at(grows).asLong())
                        .as(grows)
                        .isGreaterThanOrEqualTo(before.at(grows).asLong());
            }
            before = now;
        }
        assertThat(SmallJobs.condition(before, "Complete")).isEqualTo("True");
    }
}
