package dev.finetune.operator.diagnosis;

import dev.finetune.api.FailureClass;
import dev.finetune.api.run.PodPaths;
import io.fabric8.kubernetes.api.model.ContainerStateWaiting;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.Volume;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Why a stage does not get going, read from its newest pod and from the events of pod and Job. Some causes show nowhere else: a
 * missing ServiceAccount, a quota or a policy leave a Job without any pod.
 */
public final class StageDiagnosis {
    /** A pod that should be gone for so long is on a node that nobody hears from. */
    private static final Duration LOST_AFTER = Duration.ofSeconds(60);

    private static final Pattern MISSING_CLAIM = Pattern.compile("persistentvolumeclaim \"?([-a-z0-9.]+)\"? not found");
    private static final Set<String> ENDED = Set.of("Succeeded", "Failed");
    private static final Set<String> PULL = Set.of("ErrImagePull", "ImagePullBackOff", "RegistryUnavailable");
    private static final Set<String> BAD_IMAGE = Set.of("InvalidImageName", "ErrImageNeverPull", "ImageInspectError");
    private static final Set<String> STARTING = Set.of("ContainerCreating", "PodInitializing");

    private StageDiagnosis() {}

    /**
     * The cause, seen from the newest pod of a Job, or from events alone where there is no pod.
     *
     * @param profile the name of the profile that the pod was made by
     */
    public static Optional<Diagnosis> of(@Nullable Pod pod, List<Event> events, String profile, Instant now) {
        if (pod == null) {
            return ofEvents(events, StageDiagnosis::noPod);
        }
        if (isLost(pod, now)) {
            return Optional.of(new Diagnosis(
                    FailureClass.NodeLost,
                    "pod %s should have ended at %s but node %s never confirmed it"
                            .formatted(
                                    pod.getMetadata().getName(),
                                    pod.getMetadata().getDeletionTimestamp(),
                                    pod.getSpec() == null ? "?" : pod.getSpec().getNodeName()),
                    false));
        }
        Optional<Diagnosis> unscheduled = condition(pod, "PodScheduled")
                .filter(c -> "False".equals(c.getStatus()))
                .map(c -> unscheduled(pod, profile, c));
        if (unscheduled.isPresent()) {
            return unscheduled;
        }
        return waiting(pod).flatMap(w -> waiting(w, events));
    }

    /** Whether the pod was to be gone a minute ago and never confirmed its end. */
    public static boolean isLost(Pod pod, Instant now) {
        String deadline = pod.getMetadata().getDeletionTimestamp();
        boolean ended =
                pod.getStatus() != null && ENDED.contains(pod.getStatus().getPhase());
        return deadline != null
                && !ended
                && Instant.parse(deadline).plus(LOST_AFTER).isBefore(now);
    }

    private static Diagnosis unscheduled(Pod pod, String profile, PodCondition condition) {
        String message = Objects.requireNonNullElse(condition.getMessage(), "no node was found");
        Matcher missing = MISSING_CLAIM.matcher(message);
        if (!missing.find()) {
            return new Diagnosis(FailureClass.Unschedulable, message, false);
        }
        String claim = missing.group(1);
        String text = isCache(pod, claim)
                ? "the claim %s, in which profile %s keeps what jobs download, does not exist in this namespace: create it, or name a profile without a cache"
                        .formatted(claim, profile)
                : "the claim " + claim + " does not exist in this namespace";
        return new Diagnosis(FailureClass.StorageUnavailable, text, true);
    }

    /** Whether the pod mounts that claim as its cache. Nobody who wrote the job named that claim. */
    private static boolean isCache(Pod pod, String claim) {
        if (pod.getSpec() == null) {
            return false;
        }
        Set<String> volumes = pod.getSpec().getVolumes().stream()
                .filter(v -> v.getPersistentVolumeClaim() != null
                        && claim.equals(v.getPersistentVolumeClaim().getClaimName()))
                .map(Volume::getName)
                .collect(Collectors.toSet());
        return pod.getSpec().getContainers().stream()
                .flatMap(c -> c.getVolumeMounts().stream())
                .anyMatch(m -> PodPaths.CACHE.equals(m.getMountPath()) && volumes.contains(m.getName()));
    }

    private static Optional<Diagnosis> waiting(ContainerStateWaiting waiting, List<Event> events) {
        String reason = Objects.requireNonNullElse(waiting.getReason(), "");
        String message = reason + ": " + Objects.requireNonNullElse(waiting.getMessage(), "no message");
        if (PULL.contains(reason)) {
            return Optional.of(new Diagnosis(FailureClass.ImagePull, message, false));
        }
        if (BAD_IMAGE.contains(reason)) {
            return Optional.of(new Diagnosis(FailureClass.ImagePull, message, true));
        }
        if (reason.isEmpty() || STARTING.contains(reason)) {
            return ofEvents(events, StageDiagnosis::mount);
        }
        return Optional.of(new Diagnosis(FailureClass.Internal, message, false));
    }

    private static Optional<Diagnosis> mount(Event event) {
        return switch (Objects.requireNonNullElse(event.getReason(), "")) {
            case "FailedMount", "FailedAttachVolume", "FailedMapVolume" ->
                Optional.of(new Diagnosis(FailureClass.StorageUnavailable, text(event), false));
            case "FailedCreatePodSandBox" -> Optional.of(new Diagnosis(FailureClass.Internal, text(event), false));
            default -> Optional.empty();
        };
    }

    private static Optional<Diagnosis> noPod(Event event) {
        if (!"FailedCreate".equals(event.getReason())) {
            return Optional.empty();
        }
        String text = text(event);
        if (text.contains("exceeded quota") || text.contains("failed quota")) {
            return Optional.of(new Diagnosis(FailureClass.QuotaExceeded, text, false));
        }
        if (text.contains("service account") || text.contains("serviceaccount")) {
            return Optional.of(new Diagnosis(FailureClass.InvalidSpec, text, true));
        }
        if (text.contains("PriorityClass")) {
            return Optional.of(new Diagnosis(FailureClass.InvalidSpec, text, true));
        }
        boolean refused = text.contains("forbidden") || text.contains("denied") || text.contains("violates");
        return Optional.of(
                refused
                        ? new Diagnosis(FailureClass.PolicyRefused, text, true)
                        : new Diagnosis(FailureClass.Internal, text, false));
    }

    private interface Reading {
        Optional<Diagnosis> of(Event event);
    }

    private static Optional<Diagnosis> ofEvents(List<Event> events, Reading reading) {
        return events.stream()
                .sorted(Comparator.comparing(StageDiagnosis::time).reversed())
                .map(reading::of)
                .flatMap(Optional::stream)
                .findFirst();
    }

    private static String time(Event event) {
        if (event.getLastTimestamp() != null) {
            return event.getLastTimestamp();
        }
        return event.getEventTime() == null
                ? ""
                : Objects.requireNonNullElse(event.getEventTime().getTime(), "");
    }

    private static String text(Event event) {
        return Objects.requireNonNullElse(event.getMessage(), "no message");
    }

    private static Optional<PodCondition> condition(Pod pod, String type) {
        return pod.getStatus() == null
                ? Optional.empty()
                : pod.getStatus().getConditions().stream()
                        .filter(c -> type.equals(c.getType()))
                        .findFirst();
    }

    private static Optional<ContainerStateWaiting> waiting(Pod pod) {
        if (pod.getStatus() == null || !"Pending".equals(pod.getStatus().getPhase())) {
            return Optional.empty();
        }
        return pod.getStatus().getContainerStatuses().stream()
                .map(ContainerStatus::getState)
                .filter(s -> s != null && s.getWaiting() != null)
                .map(s -> s.getWaiting())
                .findFirst();
    }
}
