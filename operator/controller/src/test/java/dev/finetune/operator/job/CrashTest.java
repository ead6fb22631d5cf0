package dev.finetune.operator.job;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.api.FailureClass;
import dev.finetune.api.FineTuneJobStatus;
import dev.finetune.api.Usage;
import dev.finetune.operator.job.World.Crash;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * Kill the operator anywhere, start it again: the same end. Every write of each story is a point to die at, alone and in pairs;
 * then steps of operator, controllers and users come in random orders, on fresh and on stale caches.
 */
class CrashTest {
    /** What happens to a job from outside, in order; the operator works in between. */
    private interface Story {
        void tell(World world, Runnable operator);
    }

    private static final Map<String, Story> STORIES = new TreeMap<>(Map.of(
            "happy",
            (w, operator) -> {
                for (int stage = 0; stage < 3; stage++) {
                    work(w, operator);
                }
            },
            "suspended",
            (w, operator) -> {
                work(w, operator);
                operator.run();
                Pod pod = w.start(w.schedule().orElseThrow());
                operator.run();
                w.suspend(true);
                operator.run();
                w.end(w.current(pod), 143, "Error", "");
                w.objects.remove(World.key(pod));
                w.suspend(false);
                work(w, operator);
                work(w, operator);
            },
            "outOfMemory",
            (w, operator) -> {
                work(w, operator);
                operator.run();
                Pod pod = w.start(w.schedule().orElseThrow());
                operator.run();
                w.fail(pod, 43, FailureClass.OutOfMemory, "no memory left");
                work(w, operator);
                operator.run();
                work(w, operator);
            },
            "killed",
            (w, operator) -> {
                work(w, operator);
                operator.run();
                Pod pod = w.start(w.schedule().orElseThrow());
                w.end(pod, 137, "OOMKilled", "");
                work(w, operator);
                work(w, operator);
            },
            "refused",
            (w, operator) -> {
                operator.run();
                Pod pod = w.start(w.schedule().orElseThrow());
                w.fail(pod, 46, FailureClass.SourceUnavailable, "404");
                operator.run();
            },
            "lost",
            (w, operator) -> {
                operator.run();
                Pod pod = w.start(w.schedule().orElseThrow());
                Job child = w.jobOf(pod);
                w.objects.remove(World.key(pod));
                w.finish(child, "Complete", "CompletionsReached", "");
                for (int stage = 0; stage < 3; stage++) {
                    work(w, operator);
                }
            }));

    @Test
    void everyWriteMayBeTheLast() {
        int plans = 0;
        for (var story : STORIES.entrySet()) {
            World undisturbed = new World();
            story.getValue().tell(undisturbed, undisturbed::settle);
            undisturbed.settle();
            int writes = undisturbed.writes.size();
            for (int first = 1; first <= writes; first++) {
                for (int second = 0; second <= 1; second++) {
                    World world = new World();
                    story.getValue().tell(world, dying(world, first, second));
                    world.settle();
                    assertThat(end(world))
                            .as("%s, dead after write %d and %d more", story.getKey(), first, second)
                            .isEqualTo(end(undisturbed));
                    plans++;
                }
            }
        }
        assertThat(plans).isGreaterThan(100);
    }

    @Test
    void anyOrderOfStepsEndsPublishedWithOneWriterAndCountedOnce() {
        for (int seed = 0; seed < 150; seed++) {
            Random random = new Random(seed);
            World world = new World();
            int disturbances = 0;
            for (int step = 0; step < 400 && !(world.status() != null && world.isTrue("Complete")); step++) {
                try {
                    disturbances += step(world, random, disturbances);
                } catch (Crash e) {
                    world.thawCaches();
                }
            }
            world.thawCaches();
            assertThat(world.isTrue("Complete"))
                    .as("seed %d: %s", seed, world.writes)
                    .isTrue();
            assertThat(world.isTrue("Ready")).as("seed %d", seed).isTrue();
            assertThat(world.all(Job.class).stream().map(j -> j.getMetadata().getName()))
                    .as("seed %d", seed)
                    .doesNotHaveDuplicates();
            world.settle();
            assertThat(world.reconcile()).as("seed %d settles", seed).isFalse();
        }
    }

    /** One step of somebody; 1 if it was a disturbance. */
    private static int step(World world, Random random, int disturbances) {
        List<Pod> alive =
                world.all(Pod.class).stream().filter(p -> !World.isEnded(p)).toList();
        switch (random.nextInt(12)) {
            case 0, 1, 2, 3 -> world.reconcile();
            case 4, 5 -> world.schedule();
            case 6 ->
                alive.stream()
                        .filter(p -> p.getMetadata().getDeletionTimestamp() == null)
                        .filter(p -> "Pending".equals(p.getStatus().getPhase()))
                        .forEach(world::start);
            case 7 ->
                alive.stream()
                        .filter(p -> "Running".equals(p.getStatus().getPhase()))
                        .forEach(p -> {
                            if (p.getMetadata().getDeletionTimestamp() == null) {
                                world.succeed(p);
                            } else {
                                world.end(p, 143, "Error", "");
                            }
                        });
            case 8 ->
                alive.stream()
                        .filter(p -> p.getMetadata().getDeletionTimestamp() != null)
                        .forEach(p -> world.objects.remove(World.key(p)));
            case 9 -> {
                if (disturbances < 15 && world.status() != null) {
                    world.suspend(!Boolean.TRUE.equals(world.job.getSpec().suspend()));
                    return 1;
                }
                if (Boolean.TRUE.equals(world.job.getSpec().suspend())) {
                    world.suspend(false);
                }
            }
            case 10 -> {
                if (disturbances < 15) {
                    world.crashAfter = 1 + random.nextInt(3);
                    return 1;
                }
            }
            default -> {
                if (random.nextBoolean() && disturbances < 15) {
                    world.freezeCaches();
                    return 1;
                }
                world.thawCaches();
            }
        }
        return 0;
    }

    private static void work(World world, Runnable operator) {
        operator.run();
        Pod pod = world.start(world.schedule().orElseThrow());
        operator.run();
        world.succeed(world.current(pod));
        operator.run();
    }

    /** An operator that dies after so many writes, is started again, and dies once more. */
    private static Runnable dying(World world, int first, int second) {
        int[] deaths = {first, second};
        int[] next = {0};
        world.crashAfter = deaths[next[0]++];
        return () -> {
            while (true) {
                try {
                    world.settle();
                    return;
                } catch (Crash e) {
                    if (next[0] < deaths.length && deaths[next[0]] > 0) {
                        world.crashAfter = deaths[next[0]];
                    }
                    next[0]++;
                }
            }
        };
    }

    /** What must be equal: all but times, uids and what depends on them. */
    private static String end(World world) {
        FineTuneJobStatus s = world.status();
        String conditions = s.conditions().stream()
                .map(c -> c.type() + "=" + c.status() + "/" + c.reason())
                .collect(Collectors.joining(" "));
        String children = world.objects.values().stream()
                .filter(o -> !(o instanceof Pod))
                .map((HasMetadata o) -> World.key(o))
                .sorted()
                .collect(Collectors.joining(" "));
        Usage usage = s.usage();
        return conditions
                + "\n"
                + children
                + "\n"
                + s.attempts()
                + " restarts="
                + s.restarts()
                + " "
                + s.resolved()
                + " counting="
                + (usage != null && usage.activeSince() != null)
                + " "
                + s.dataset()
                + s.model();
    }
}
