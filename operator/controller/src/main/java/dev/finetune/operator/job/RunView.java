package dev.finetune.operator.job;

import dev.finetune.api.run.ExitCode;
import dev.finetune.api.run.Stage;
import dev.finetune.api.run.StageResult;
import dev.finetune.operator.desired.Labels;
import dev.finetune.operator.desired.Names;
import dev.finetune.operator.desired.Ownership;
import dev.finetune.operator.desired.StageJob;
import dev.finetune.operator.desired.Times;
import dev.finetune.operator.diagnosis.LogReading;
import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobCondition;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** One run of a stage as the cluster shows it: its Job, if there is one, and the Job's pods, oldest first. */
record RunView(String jobName, Optional<Job> job, List<Pod> pods) {
    private static final Set<String> ENDED = Set.of("Succeeded", "Failed");
    private static final int TERMINATED = ExitCode.TERMINATED.code();

    static RunView of(JobObservation seen, Stage stage, int run) {
        String name = Names.stageJob(seen.metadata().getName(), stage, run);
        Optional<Job> job = Stream.concat(
                        seen.jobs().stream()
                                .filter(j -> name.equals(j.getMetadata().getName())),
                        seen.named(Job.class, name).stream())
                .filter(j -> Ownership.of(j, "FineTuneJob", seen.metadata()) == Ownership.OURS)
                .findFirst();
        List<Pod> pods = job.stream()
                .flatMap(j -> seen.pods().stream().filter(p -> belongs(p, j)))
                .sorted(Comparator.comparing(RunView::created)
                        .thenComparing(p -> p.getMetadata().getName()))
                .toList();
        return new RunView(name, job, pods);
    }

    /** Pods of a stage, of whichever run, that may still write. */
    static List<Pod> unfinished(JobObservation seen, Stage stage) {
        return seen.pods().stream()
                .filter(p -> stage.name().equals(p.getMetadata().getLabels().get(Labels.STAGE)))
                .filter(p ->
                        p.getStatus() == null || !ENDED.contains(p.getStatus().getPhase()))
                .toList();
    }

    Optional<Pod> newestPod() {
        return pods.isEmpty() ? Optional.empty() : Optional.of(pods.getLast());
    }

    Optional<Pod> pod(String name) {
        return pods.stream().filter(p -> name.equals(p.getMetadata().getName())).findFirst();
    }

    boolean isComplete() {
        return condition("Complete").isPresent();
    }

    Optional<JobCondition> failed() {
        return condition("Failed");
    }

    boolean isOver() {
        return isComplete() || failed().isPresent();
    }

    /** Created suspended, or suspended since: a queue holds it. Nothing of ours touches that field. */
    boolean isQueued() {
        return job.filter(j ->
                        j.getSpec() != null && Boolean.TRUE.equals(j.getSpec().getSuspend()))
                .isPresent();
    }

    /** The end of a container that the kernel killed for memory: the failure policy cannot tell it from other kills. */
    Optional<ContainerStateTerminated> outOfMemoryKill() {
        return pods.stream()
                .map(RunView::terminated)
                .flatMap(Optional::stream)
                .filter(RunView::isOutOfMemory)
                .findFirst();
    }

    static boolean isOutOfMemory(ContainerStateTerminated end) {
        return "OOMKilled".equals(end.getReason());
    }

    /** The newest end of a container. */
    Optional<ContainerStateTerminated> lastEnd() {
        return pods.reversed().stream()
                .map(RunView::terminated)
                .flatMap(Optional::stream)
                .findFirst();
    }

    /** What the stage left, from a termination message or else from the log; only if it is about that very plan. */
    Optional<StageResult> result(String planDigest, Optional<LogReading> log) {
        Stream<StageResult> messages = pods.reversed().stream()
                .map(RunView::terminated)
                .flatMap(Optional::stream)
                .map(t -> Objects.requireNonNullElse(t.getMessage(), ""))
                .map(LogReading::result)
                .flatMap(Optional::stream);
        return Stream.concat(messages, log.flatMap(LogReading::result).stream())
                .filter(r -> planDigest.equals(r.planDigest()))
                .findFirst();
    }

    static Optional<ContainerStateTerminated> terminated(Pod pod) {
        return state(pod).map(ContainerState::getTerminated);
    }

    /** When the container began to work, if it did. */
    static Optional<Instant> started(Pod pod) {
        return state(pod).flatMap(s -> {
            if (s.getRunning() != null) {
                return Times.read(s.getRunning().getStartedAt());
            }
            return s.getTerminated() == null
                    ? Optional.empty()
                    : Times.read(s.getTerminated().getStartedAt());
        });
    }

    /** When the container ended, if it did. */
    static Optional<Instant> ended(Pod pod) {
        return terminated(pod).flatMap(t -> Times.read(t.getFinishedAt()));
    }

    /** Whether the pod's end was nobody's fault: moved away, or stopped after it saved a checkpoint. */
    static boolean isDisrupted(Pod pod) {
        boolean target = pod.getStatus() != null
                && pod.getStatus().getConditions().stream()
                        .anyMatch(c -> "DisruptionTarget".equals(c.getType()) && "True".equals(c.getStatus()));
        return target
                || terminated(pod)
                        .filter(t -> t.getExitCode() != null && t.getExitCode() == TERMINATED)
                        .isPresent();
    }

    private static Optional<ContainerState> state(Pod pod) {
        return pod.getStatus() == null
                ? Optional.empty()
                : pod.getStatus().getContainerStatuses().stream()
                        .filter(c -> StageJob.CONTAINER.equals(c.getName()))
                        .map(c -> c.getState())
                        .filter(Objects::nonNull)
                        .findFirst();
    }

    private static boolean belongs(Pod pod, Job job) {
        return pod.getMetadata().getOwnerReferences().stream()
                .anyMatch(r -> Objects.equals(r.getUid(), job.getMetadata().getUid()));
    }

    private static String created(HasMetadata object) {
        return Objects.requireNonNullElse(object.getMetadata().getCreationTimestamp(), "");
    }

    private Optional<JobCondition> condition(String type) {
        return job.flatMap(j -> j.getStatus() == null
                ? Optional.empty()
                : j.getStatus().getConditions().stream()
                        .filter(c -> type.equals(c.getType()) && "True".equals(c.getStatus()))
                        .findFirst());
    }
}
