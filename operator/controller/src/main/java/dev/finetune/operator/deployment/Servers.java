package dev.finetune.operator.deployment;

import dev.finetune.api.run.ExitCode;
import dev.finetune.operator.desired.Conditions;
import dev.finetune.operator.desired.ServerDeployment;
import dev.finetune.operator.desired.Times;
import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** How the servers of one version are, told from its Deployment and its pods. */
sealed interface Servers {
    /** How often a server may end before it speaks against the model. */
    int RESTARTS = 3;

    /** The containers that tell of the model. */
    Set<String> OURS = Set.of(ServerDeployment.CONTAINER, ServerDeployment.FETCHER);

    /** All that were asked for are ready, and none of an earlier template is left. */
    record Ready(int count) implements Servers {}

    /** They start and load; {@code since} is when the newest container started, {@code ready} how many are. */
    record Loading(int ready, Optional<Instant> since) implements Servers {}

    /** The cluster cannot start them; that says nothing about the model. */
    record Waiting(Reason reason, String message) implements Servers {}

    /** A server ended in a way that speaks against the model. */
    record Broken(String message) implements Servers {}

    /** The servers of a version; empty where its Deployment was not made yet. */
    static Servers of(Optional<Deployment> deployment, List<Pod> pods, int wanted) {
        List<ContainerStatus> containers =
                pods.stream().flatMap(Servers::servers).toList();
        Optional<String> evidence =
                containers.stream().flatMap(Servers::evidence).findFirst();
        if (evidence.isPresent()) {
            return new Broken(evidence.get());
        }
        int ready = deployment
                .map(Deployment::getStatus)
                .map(s -> count(s.getReadyReplicas()))
                .orElse(0);
        if (wanted > 0 && deployment.filter(d -> isComplete(d, wanted)).isPresent()) {
            return new Ready(ready);
        }
        Optional<Waiting> obstacle = Stream.concat(
                        pods.stream().flatMap(Servers::obstacle),
                        deployment.stream().flatMap(Servers::refusal))
                .findFirst();
        if (obstacle.isPresent()) {
            return obstacle.get();
        }
        Optional<Instant> since = containers.stream()
                .map(ContainerStatus::getState)
                .filter(s -> s != null && s.getRunning() != null)
                .flatMap(s -> Times.read(s.getRunning().getStartedAt()).stream())
                .max(Instant::compareTo);
        return new Loading(ready, since);
    }

    /** Whether a version that was asked for at {@code startedAt} has had its time, of which only that with containers counts. */
    static boolean isOverdue(Loading loading, Optional<Instant> startedAt, Instant now, Duration deadline) {
        return Stream.concat(loading.since().stream(), startedAt.stream())
                .max(Instant::compareTo)
                .filter(from -> !now.isBefore(from.plus(deadline)))
                .isPresent();
    }

    private static boolean isComplete(Deployment deployment, int wanted) {
        DeploymentStatus status = deployment.getStatus();
        Long generation = deployment.getMetadata().getGeneration();
        return status != null
                && deployment.getSpec().getReplicas() != null
                && deployment.getSpec().getReplicas() == wanted
                && status.getObservedGeneration() != null
                && (generation == null || status.getObservedGeneration() >= generation)
                && count(status.getReplicas()) == wanted
                && count(status.getUpdatedReplicas()) == wanted
                && count(status.getReadyReplicas()) == wanted
                && count(status.getAvailableReplicas()) == wanted;
    }

    /** The server, and before it what fetches its model. */
    private static Stream<ContainerStatus> servers(Pod pod) {
        return pod.getStatus() == null
                ? Stream.of()
                : Stream.of(
                                pod.getStatus().getInitContainerStatuses(),
                                pod.getStatus().getContainerStatuses())
                        .filter(Objects::nonNull)
                        .flatMap(List::stream)
                        .filter(c -> OURS.contains(c.getName()));
    }

    /** A model that was refused by its server, or servers that end again and again. */
    private static Stream<String> evidence(ContainerStatus server) {
        List<ContainerStateTerminated> ends = Stream.of(server.getState(), server.getLastState())
                .filter(Objects::nonNull)
                .map(ContainerState::getTerminated)
                .filter(Objects::nonNull)
                .toList();
        Optional<ContainerStateTerminated> refused = ends.stream()
                .filter(e -> e.getExitCode() != null && e.getExitCode() == ExitCode.USER_ERROR.code())
                .findFirst();
        if (refused.isPresent()) {
            return Stream.of("the server refused the model" + lastWords(refused.get()));
        }
        if (count(server.getRestartCount()) < RESTARTS
                || ends.isEmpty()
                || ends.stream().allMatch(Servers::isStorage)) {
            return Stream.of();
        }
        ContainerStateTerminated end = ends.getFirst();
        return Stream.of("the server ended " + server.getRestartCount() + " times, last with exit code "
                + end.getExitCode() + (end.getReason() == null ? "" : " (" + end.getReason() + ")") + lastWords(end));
    }

    private static boolean isStorage(ContainerStateTerminated end) {
        return end.getExitCode() != null
                && (end.getExitCode() == ExitCode.STORAGE.code()
                        || end.getExitCode() == ExitCode.SOURCE_UNAVAILABLE.code());
    }

    private static String lastWords(ContainerStateTerminated end) {
        String message = end.getMessage();
        if (message == null || message.isBlank()) {
            return "";
        }
        int sentence = message.lastIndexOf("never ready: ");
        String told = sentence < 0 ? message : message.substring(sentence + "never ready: ".length());
        int stop = told.indexOf("\",\"");
        String words = (stop < 0 ? told : told.substring(0, stop)).strip();
        return ": " + words.substring(0, Math.min(words.length(), 600));
    }

    private static Stream<Waiting> obstacle(Pod pod) {
        if (pod.getStatus() == null) {
            return Stream.of();
        }
        Stream<Waiting> scheduling = conditions(pod)
                .filter(c -> "PodScheduled".equals(c.getType()) && Conditions.FALSE.equals(c.getStatus()))
                .map(c -> waiting(String.valueOf(c.getMessage())));
        Stream<Waiting> starting = servers(pod)
                .map(ContainerStatus::getState)
                .filter(s -> s != null && s.getWaiting() != null)
                .filter(s ->
                        IMAGE_TROUBLE.contains(String.valueOf(s.getWaiting().getReason())))
                .map(s -> waiting(
                        s.getWaiting().getReason() + ": " + s.getWaiting().getMessage()));
        Stream<Waiting> storage = servers(pod)
                .flatMap(c -> Stream.of(c.getState(), c.getLastState()))
                .filter(s -> s != null && s.getTerminated() != null && isStorage(s.getTerminated()))
                .map(s -> new Waiting(
                        Reason.StorageUnavailable, "the server cannot read the model" + lastWords(s.getTerminated())));
        return Stream.of(scheduling, starting, storage).flatMap(s -> s);
    }

    private static Waiting waiting(String message) {
        boolean claim = message.contains("persistentvolumeclaim");
        return new Waiting(claim ? Reason.StorageUnavailable : Reason.AwaitingCapacity, message);
    }

    private static Stream<PodCondition> conditions(Pod pod) {
        List<PodCondition> conditions = pod.getStatus().getConditions();
        return conditions == null ? Stream.of() : conditions.stream();
    }

    /** Quota and policy refuse pods where only the Deployment tells. */
    private static Stream<Waiting> refusal(Deployment deployment) {
        return deployment.getStatus() == null || deployment.getStatus().getConditions() == null
                ? Stream.of()
                : deployment.getStatus().getConditions().stream()
                        .filter(c -> "ReplicaFailure".equals(c.getType()) && Conditions.TRUE.equals(c.getStatus()))
                        .map(c -> new Waiting(Reason.AwaitingCapacity, String.valueOf(c.getMessage())));
    }

    private static int count(Integer number) {
        return number == null ? 0 : number;
    }

    /** What kubelet says of images it cannot get, and of containers it cannot make. */
    Set<String> IMAGE_TROUBLE = Set.of(
            "ErrImagePull",
            "ImagePullBackOff",
            "ErrImageNeverPull",
            "InvalidImageName",
            "CreateContainerConfigError",
            "CreateContainerError");
}
