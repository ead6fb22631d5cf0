package dev.finetune.acceptance.job;

import dev.finetune.acceptance.job.SmallJobs.End;
import io.fabric8.kubernetes.api.model.Pod;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;

/**
 * Which optimizer step a training pod is at, without asking it: from the first step that its log tells, from the checkpoints that it
 * begins to write, and from the pace at which it got from one to the next. It never tells more than the next checkpoint would.
 */
final class StepClock {
    private static final Pattern CHECKPOINT = Pattern.compile("(\\.tmp-)?step-(\\d{10})");
    private static final double NANOS = 1e9;

    private final Path checkpoints;
    private final Set<String> before = new HashSet<>();
    private final long first;
    private long step;
    private long stride;
    private long seenAt = System.nanoTime();
    private double pace;

    private StepClock(Path checkpoints, long first) {
        this.checkpoints = checkpoints;
        this.first = first;
        this.step = first;
        this.before.addAll(names(checkpoints));
    }

    /** Waits until that pod has taken a step. */
    static StepClock of(SmallJobs jobs, String job, Pod pod) {
        long from = Awaitility.await("the first step of " + pod.getMetadata().getName())
                .atMost(SmallJobs.LONG)
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(100))
                .until(() -> jobs.wentOnFrom(pod.getMetadata().getName()), Optional::isPresent)
                .orElseThrow();
        return new StepClock(jobs.run(job).resolve("checkpoints"), from + 1);
    }

    /** All steps of such a training. */
    static long steps(End like) {
        return like.training().path("steps").asLong();
    }

    /** The first step of this pod. */
    long first() {
        return first;
    }

    /** The step that it is at now. */
    double now() {
        long now = System.nanoTime();
        long newest = names(checkpoints).stream()
                .filter(n -> !before.contains(n))
                .mapToLong(StepClock::step)
                .max()
                .orElse(step);
        if (newest > step) {
            stride = newest - step;
            pace = stride / Math.max(1e-3, (now - seenAt) / NANOS);
            step = newest;
            seenAt = now;
        }
        return step + Math.min(stride, pace * (now - seenAt) / NANOS);
    }

    /** The newest checkpoint that is whole; 0 where there is none. */
    static long newestWhole(SmallJobs jobs, String job) {
        return names(jobs.run(job).resolve("checkpoints")).stream()
                .filter(n -> !n.startsWith("."))
                .mapToLong(StepClock::step)
                .max()
                .orElse(0);
    }

    private static long step(String name) {
        Matcher matcher = CHECKPOINT.matcher(name);
        return matcher.matches() ? Long.parseLong(matcher.group(2)) : 0;
    }

    /** Names of checkpoints, finished or not. */
    private static Set<String> names(Path folder) {
        Set<String> names = new HashSet<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
            files.forEach(f -> names.add(f.getFileName().toString()));
        } catch (NoSuchFileException | NotDirectoryException e) {
            return names;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        names.removeIf(n -> !CHECKPOINT.matcher(n).matches());
        return names;
    }
}
