package dev.finetune.operator.job;

import dev.finetune.api.TrainingProgress;
import dev.finetune.api.Usage;
import dev.finetune.api.run.Progress;
import dev.finetune.api.run.Stage;
import dev.finetune.operator.desired.Announcement;
import dev.finetune.operator.desired.Times;
import dev.finetune.operator.job.JobStatusBuilder.Counter;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Time and attempts. The status remembers the pod that was last seen at work and since when; whenever another one is seen, or
 * this one ended, its time is added and its end is counted, exactly once, because both stand in one write.
 */
final class Accounting {
    private static final Usage NONE = new Usage(null, null, null, null);

    private Accounting() {}

    /** Brings usage and counters up to what the run shows; what comes back tells of a pod that took another's place. */
    static Optional<Announcement> update(JobStatusBuilder status, RunView view, Stage stage, Instant now) {
        Optional<Announcement> restart = Optional.empty();
        String known = status.progress == null ? null : status.progress.pod();
        Optional<Pod> working = view.newestPod().filter(p -> startedLast(p, status.progress));
        fold(status, view, known, stage, now);
        if (working.isPresent() && !working.get().getMetadata().getName().equals(known)) {
            if (known != null && known.startsWith(view.jobName() + "-")) {
                restart = Optional.of(replaced(status, known, view.pod(known), working.get()));
            }
            Pod pod = working.get();
            String started = Times.write(RunView.started(pod).orElse(now));
            status.progress = named(
                    status.progress, Reason.title(stage), pod.getMetadata().getName(), started, now);
            since(status, started);
            fold(status, view, pod.getMetadata().getName(), stage, now);
        }
        return restart;
    }

    /** The run is given up: what its pod worked so far is added, the rest of its grace period is not. */
    static void close(JobStatusBuilder status, RunView view, Stage stage, Instant now) {
        add(status, view, stage, now);
    }

    /** Active seconds up to now. */
    static long activeSeconds(@Nullable Usage usage, Instant now) {
        if (usage == null) {
            return 0;
        }
        long folded = Objects.requireNonNullElse(usage.activeSeconds(), 0L);
        return folded
                + Times.read(usage.activeSince()).map(s -> seconds(s, now)).orElse(0L);
    }

    /** What the pod told last, if it is news. Steps of a stage never go back: a resumed pod repeats some. */
    static void progress(JobStatusBuilder status, Progress told, Stage stage, Instant now) {
        TrainingProgress old = status.progress;
        if (old == null || told.stage() != stage) {
            return;
        }
        long before = Objects.requireNonNullElse(old.step(), 0L);
        long step = Objects.requireNonNullElse(told.step(), before);
        if (step < before) {
            return;
        }
        if (step > before) {
            status.set(Counter.WITHOUT_PROGRESS, 0);
        }
        TrainingProgress next = new TrainingProgress(
                old.stage(),
                old.pod(),
                old.podStartTime(),
                told.epoch(),
                told.step(),
                told.totalSteps(),
                told.percent(),
                told.remainingSeconds(),
                told.metrics(),
                old.lastUpdatedTime());
        if (!next.equals(old)) {
            status.progress = new TrainingProgress(
                    next.stage(),
                    next.pod(),
                    next.podStartTime(),
                    next.epoch(),
                    next.step(),
                    next.totalSteps(),
                    next.progressPercentage(),
                    next.estimatedRemainingSeconds(),
                    next.metrics(),
                    Times.write(now));
        }
    }

    private static void fold(JobStatusBuilder status, RunView view, @Nullable String known, Stage stage, Instant now) {
        if (known == null || !known.startsWith(view.jobName() + "-")) {
            return;
        }
        Optional<Pod> pod = view.pod(known);
        Optional<Instant> end = pod.isEmpty() ? Optional.of(now) : RunView.ended(pod.get());
        end.ifPresent(e -> add(status, view, stage, e));
    }

    private static void add(JobStatusBuilder status, RunView view, Stage stage, Instant end) {
        Usage usage = Objects.requireNonNullElse(status.usage, NONE);
        Optional<Instant> since = Times.read(usage.activeSince());
        if (since.isEmpty()) {
            return;
        }
        long worked = seconds(since.get(), end);
        long accelerated = stage == Stage.train ? worked * accelerators(view.job()) : 0;
        long active = Objects.requireNonNullElse(usage.activeSeconds(), 0L) + worked;
        long accelerator = Objects.requireNonNullElse(usage.acceleratorSeconds(), 0L) + accelerated;
        status.usage = new Usage(active, null, accelerator == 0 ? null : accelerator, usage.peakMemoryBytes());
    }

    private static void since(JobStatusBuilder status, String time) {
        Usage usage = Objects.requireNonNullElse(status.usage, NONE);
        status.usage = new Usage(usage.activeSeconds(), time, usage.acceleratorSeconds(), usage.peakMemoryBytes());
    }

    /** Between a pod that is gone and the one in its place, an earlier one that failed is the newest that there is. */
    private static boolean startedLast(Pod pod, @Nullable TrainingProgress known) {
        Optional<Instant> started = RunView.started(pod);
        Optional<Instant> before = Optional.ofNullable(known).flatMap(k -> Times.read(k.podStartTime()));
        return started.isPresent() && before.filter(started.get()::isBefore).isEmpty();
    }

    /** A pod that is gone was moved away: the Job keeps those that failed. */
    private static Announcement replaced(JobStatusBuilder status, String name, Optional<Pod> earlier, Pod next) {
        status.increment(Counter.RESTARTS);
        String goesOn = ": pod " + next.getMetadata().getName() + " goes on in its place";
        if (earlier.isEmpty() || RunView.isDisrupted(earlier.get())) {
            status.increment(Counter.DISRUPTED);
            status.increment(Counter.WITHOUT_PROGRESS);
            return Announcement.normal(Reason.RESTARTED, "pod " + name + " was stopped or moved away" + goesOn);
        }
        status.increment(Counter.FAILED);
        String how = RunView.terminated(earlier.get())
                .map(t -> "with exit code %d (%s)".formatted(t.getExitCode(), t.getReason()))
                .orElse("before its container was done");
        return Announcement.warning(Reason.RESTARTED, "pod " + name + " ended " + how + goesOn);
    }

    private static TrainingProgress named(
            @Nullable TrainingProgress old, String stage, String pod, String started, Instant now) {
        return old == null
                ? new TrainingProgress(stage, pod, started, null, null, null, 0, null, null, Times.write(now))
                : new TrainingProgress(
                        stage,
                        pod,
                        started,
                        old.epoch(),
                        old.step(),
                        old.totalSteps(),
                        old.progressPercentage(),
                        old.estimatedRemainingSeconds(),
                        old.metrics(),
                        old.lastUpdatedTime());
    }

    private static long accelerators(Optional<Job> job) {
        return job.map(j -> j.getSpec().getTemplate().getSpec().getContainers().stream()
                        .map(c -> c.getResources())
                        .filter(Objects::nonNull)
                        .map(ResourceRequirements::getLimits)
                        .filter(Objects::nonNull)
                        .map(Map::entrySet)
                        .flatMap(e -> e.stream())
                        .filter(e -> e.getKey().contains("/"))
                        .map(Map.Entry::getValue)
                        .map(Quantity::getNumericalAmount)
                        .mapToLong(n -> n.longValue())
                        .sum())
                .orElse(0L);
    }

    private static long seconds(Instant from, Instant to) {
        return Math.max(0, Duration.between(from, to).toSeconds());
    }
}
