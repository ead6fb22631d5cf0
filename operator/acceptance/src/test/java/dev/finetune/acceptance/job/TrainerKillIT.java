package dev.finetune.acceptance.job;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.acceptance.Contended;
import dev.finetune.acceptance.LocalCluster;
import dev.finetune.acceptance.job.SmallJobs.End;
import dev.finetune.api.run.Stage;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.parallel.ResourceAccessMode;
import org.junit.jupiter.api.parallel.ResourceLock;

/**
 * Train pods are struck at random steps; the training has to end with the very weights of one to which nothing happened. {@code
 * -Dkill.runs=N} says how many jobs are struck, {@code -Dkill.seed=S} repeats the draws of an earlier run.
 */
@Order(1)
@ResourceLock(value = Contended.OPERATOR, mode = ResourceAccessMode.READ)
class TrainerKillIT {
    @RegisterExtension
    static final LocalCluster CLUSTER = LocalCluster.node();

    private static final int RUNS = Integer.getInteger("kill.runs", 4);
    private static final long SEED = Long.getLong("kill.seed", System.nanoTime());
    /** While one job waits for its next pod, another one trains. */
    private static final int AT_ONCE = 2;

    private static final List<Blow> RESUMED = List.of(Blow.KILLED, Blow.TERMINATED, Blow.EVICTED);
    /** Of the steps that are left; later ones may be over before the blow falls. */
    private static final double LATEST = 0.9;

    private static SmallJobs jobs;
    private static End undisturbed;
    private static ExecutorService lanes;

    /** What happens to a job's train pods, one after the other, and when: the share of the steps that the pod has before it. */
    record Strike(int number, List<Blow> blows, List<Double> moments) {
        /** A kind each in turn; of every four jobs, one of those that go on unchanged has its second pod struck as well. */
        static List<Strike> draw(int runs, Random random) {
            return IntStream.range(0, runs)
                    .mapToObj(n -> {
                        Blow first = Blow.values()[n % Blow.values().length];
                        boolean twice = first == RESUMED.get(n / Blow.values().length % RESUMED.size());
                        List<Blow> blows =
                                twice ? List.of(first, RESUMED.get(random.nextInt(RESUMED.size()))) : List.of(first);
                        return new Strike(
                                n + 1,
                                blows,
                                blows.stream().map(b -> random.nextDouble()).toList());
                    })
                    .toList();
        }

        String job() {
            return "struck-" + number;
        }

        long count(Blow blow) {
            return blows.stream().filter(blow::equals).count();
        }
    }

    /** A blow that fell: the step then, the newest checkpoint then, and the pod. */
    private record Fallen(Blow blow, double step, long checkpoint, String pod) {}

    @BeforeAll
    static void trainUndisturbed() {
        jobs = SmallJobs.in(CLUSTER);
        undisturbed = jobs.undisturbed();
        assertThat(undisturbed.status().path("restarts").asInt()).isZero();
        assertThat(undisturbed.training().path("exactResume").asBoolean()).isTrue();
        // What is published is of the last step: a blow at any step before could have changed it.
        assertThat(undisturbed.training().path("bestStep").asLong()).isEqualTo(StepClock.steps(undisturbed));
        lanes = Executors.newFixedThreadPool(AT_ONCE);
    }

    @AfterAll
    static void stop() throws InterruptedException {
        if (lanes != null) {
            lanes.shutdownNow();
            lanes.awaitTermination(1, TimeUnit.MINUTES);
        }
    }

    @TestFactory
    Stream<DynamicTest> aStruckTrainingEndsAsIfNothingHadHappened() {
        System.out.printf("kill.runs=%d kill.seed=%d: %d steps%n", RUNS, SEED, StepClock.steps(undisturbed));
        List<Strike> strikes = Strike.draw(RUNS, new Random(SEED));
        List<Future<?>> running = strikes.stream()
                .<Future<?>>map(s -> lanes.submit(() -> endsAlike(s)))
                .toList();
        return IntStream.range(0, RUNS)
                .mapToObj(n -> DynamicTest.dynamicTest(
                        "job " + strikes.get(n).number() + " " + strikes.get(n).blows(),
                        () -> running.get(n).get()));
    }

    private static void endsAlike(Strike strike) {
        try (JobHistory history = JobHistory.of(jobs, strike.job())) {
            // given
            jobs.submit(strike.job());

            // when
            List<Fallen> fallen = fall(strike, history);
            End end = jobs.complete(strike.job());

            // then
            assertThat(history.broken()).isEmpty();
            thenItWentOnFromWhatWasSaved(fallen, history);
            thenEveryBlowWasCounted(strike, end);
            if (strike.count(Blow.STARVED) > 0) {
                thenItWentOnWithLess(end, history);
            } else {
                thenTheWeightsAreTheVerySame(end, history);
            }
        }
    }

    private static List<Fallen> fall(Strike strike, JobHistory history) {
        List<Fallen> fallen = new ArrayList<>();
        Set<String> struck = new LinkedHashSet<>();
        for (int i = 0; i < strike.blows().size(); i++) {
            Blow blow = strike.blows().get(i);
            Pod pod = jobs.awaitRunning(strike.job(), Stage.train, struck);
            String name = pod.getMetadata().getName();
            struck.add(name);
            StepClock clock = StepClock.of(jobs, strike.job(), pod);
            double last = StepClock.steps(undisturbed) * LATEST;
            double target = clock.first() + strike.moments().get(i) * Math.max(0, last - clock.first());
            Awaitility.await(name + " is at step " + target)
                    .atMost(SmallJobs.LONG)
                    .pollDelay(Duration.ZERO)
                    .pollInterval(Duration.ofMillis(20))
                    // What ran out of memory before anything was saved begins anew, and that tells nothing.
                    .until(() -> clock.now() >= target
                            && (blow != Blow.STARVED || StepClock.newestWhole(jobs, strike.job()) > 0));
            Fallen hit = new Fallen(blow, clock.now(), StepClock.newestWhole(jobs, strike.job()), name);
            System.out.printf(
                    "%s: %s %s at step %.1f, newest checkpoint %d%n",
                    strike.job(), name, blow, hit.step(), hit.checkpoint());
            assertThat(blow.strike(jobs, pod))
                    .as("%s worked when it was %s", name, blow)
                    .isTrue();
            ContainerStateTerminated ended = Awaitility.await("the end of " + name)
                    .atMost(Duration.ofMinutes(3))
                    .pollInterval(Duration.ofMillis(100))
                    .until(() -> history.end(name), Optional::isPresent)
                    .orElseThrow();
            blow.verify(ended, history.pod(name).orElseThrow());
            fallen.add(hit);
        }
        return fallen;
    }

    /** No later than the newest checkpoint; and what had the time to save loses no step. */
    private static void thenItWentOnFromWhatWasSaved(List<Fallen> fallen, JobHistory history) {
        List<String> pods = history.created(Pod.class).stream()
                .map(p -> p.getMetadata().getName())
                .filter(p -> p.contains("-train-"))
                .toList();
        assertThat(pods).hasSize(fallen.size() + 1);
        String last = pods.getLast();
        long from = jobs.wentOnFrom(last).orElseThrow();
        Fallen hit = fallen.getLast();
        System.out.printf("%s went on from step %d%n", last, from);
        assertThat(from).isGreaterThanOrEqualTo(hit.checkpoint());
        if (hit.blow() == Blow.TERMINATED) {
            assertThat(jobs.log(hit.pod())).contains("stopped after optimizer step " + from + ";");
        }
    }

    private static void thenEveryBlowWasCounted(Strike strike, End end) {
        assertThat(end.status().path("restarts").asInt())
                .isEqualTo(strike.blows().size());
        assertThat(end.status().at("/attempts/failed").asLong()).isEqualTo(strike.count(Blow.KILLED));
        assertThat(end.status().at("/attempts/disrupted").asLong())
                .isEqualTo(strike.blows().stream().filter(Blow::saves).count());
        assertThat(end.status().at("/attempts/outOfMemory").asLong()).isEqualTo(strike.count(Blow.STARVED));
    }

    private static void thenTheWeightsAreTheVerySame(End end, JobHistory history) {
        assertThat(end.candidate()).isEqualTo(undisturbed.candidate());
        assertThat(end.publishedFiles()).isEqualTo(undisturbed.publishedFiles());
        assertThat(end.manifest().path("metrics"))
                .isEqualTo(undisturbed.manifest().path("metrics"));
        assertThat(end.manifest().path("exactResume").asBoolean()).isTrue();
        assertThat(end.settled().path("evaluation"))
                .isEqualTo(undisturbed.settled().path("evaluation"));
        assertThat(history.created(Job.class))
                .extracting(j -> j.getMetadata().getName())
                .containsExactly(end.name() + "-prepare-1", end.name() + "-train-1", end.name() + "-evaluate-1");
    }

    /** The optimizer step stays the same; its parts are smaller, which the result says, as the last bits may differ. */
    private static void thenItWentOnWithLess(End end, JobHistory history) {
        assertThat(end.status().at("/resolved/microBatchSize").asInt()).isEqualTo(SmallJobs.BATCH / 2);
        assertThat(end.training().path("microBatchSize").asInt()).isEqualTo(SmallJobs.BATCH / 2);
        assertThat(end.training().path("steps").asLong()).isEqualTo(StepClock.steps(undisturbed));
        assertThat(end.training().path("exactResume").asBoolean()).isFalse();
        assertThat(end.manifest().path("exactResume").asBoolean()).isFalse();
        assertThat(SmallJobs.condition(end.status(), "GatePassed")).isEqualTo("True");
        assertThat(history.created(Job.class))
                .extracting(j -> j.getMetadata().getName())
                .containsExactly(
                        end.name() + "-prepare-1",
                        end.name() + "-train-1",
                        end.name() + "-train-2",
                        end.name() + "-evaluate-1");
    }
}
