package dev.finetune.operator.deployment;

import dev.finetune.api.ModelDeploymentSpec;
import dev.finetune.api.ModelDeploymentStatus;
import dev.finetune.api.ModelVersion;
import dev.finetune.api.Problem;
import dev.finetune.api.RejectedVersion;
import dev.finetune.operator.OperatorConfig;
import dev.finetune.operator.desired.Labels;
import dev.finetune.operator.desired.ServerRequest;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * All that is known about a ModelDeployment at one moment.
 *
 * @param unreadable what of the spec could not be read, and is absent in {@code writtenSpec}
 * @param jobs the FineTuneJobs of the namespace
 * @param deployments children that are ours by uid
 * @param service the Service that is ours by uid
 * @param pods of the children
 * @param refusal what the API server said when the last decision was carried out
 * @param foreign objects that are not ours under the names of children that would be made, as "Service reviews"
 */
record DeploymentObservation(
        ObjectMeta owner,
        @Nullable ModelDeploymentSpec writtenSpec,
        List<Problem> unreadable,
        @Nullable ModelDeploymentStatus writtenStatus,
        List<JobView> jobs,
        List<Deployment> deployments,
        Optional<Service> service,
        List<Pod> pods,
        List<String> foreign,
        Optional<String> refusal,
        OperatorConfig config,
        Instant now) {
    private static final ModelDeploymentSpec NO_SPEC =
            new ModelDeploymentSpec(null, null, null, null, null, null, null, null, null, null);

    /** The same with a newer status, and what became of the decision. */
    DeploymentObservation after(ObjectMeta newer, @Nullable ModelDeploymentStatus status, String message) {
        return new DeploymentObservation(
                newer,
                writtenSpec,
                unreadable,
                status,
                jobs,
                deployments,
                service,
                pods,
                foreign,
                Optional.of(message),
                config,
                now);
    }

    DeploymentObservation withForeign(List<String> found) {
        return new DeploymentObservation(
                owner,
                writtenSpec,
                unreadable,
                writtenStatus,
                jobs,
                deployments,
                service,
                pods,
                found,
                refusal,
                config,
                now);
    }

    ModelDeploymentSpec spec() {
        return writtenSpec == null ? NO_SPEC : writtenSpec;
    }

    long generation() {
        return owner.getGeneration() == null ? 0 : owner.getGeneration();
    }

    int replicas() {
        Integer replicas = spec().replicas();
        return replicas == null ? 1 : Math.max(0, replicas);
    }

    Optional<ModelVersion> stable() {
        return version(writtenStatus == null ? null : writtenStatus.stable());
    }

    Optional<ModelVersion> canary() {
        return version(writtenStatus == null ? null : writtenStatus.canary());
    }

    List<ModelVersion> history() {
        return writtenStatus == null || writtenStatus.history() == null
                ? List.of()
                : writtenStatus.history().stream()
                        .filter(v -> v != null && v.digest() != null)
                        .toList();
    }

    List<RejectedVersion> rejected() {
        return writtenStatus == null || writtenStatus.rejected() == null
                ? List.of()
                : writtenStatus.rejected().stream()
                        .filter(r -> r != null && r.digest() != null)
                        .toList();
    }

    /** The Deployment of a digest. */
    Optional<Deployment> deployment(String digest) {
        String name = ServerRequest.name(owner.getName(), digest);
        return deployments.stream()
                .filter(d -> name.equals(d.getMetadata().getName()))
                .findFirst();
    }

    /** The pods of a digest. */
    List<Pod> pods(String digest) {
        String label = ServerRequest.label(digest);
        return pods.stream()
                .filter(p -> p.getMetadata().getLabels() != null
                        && label.equals(p.getMetadata().getLabels().get(Labels.DIGEST)))
                .toList();
    }

    /** Whether the Service sends everything to that digest. */
    boolean serviceSelects(String digest) {
        return service.map(s -> s.getSpec().getSelector())
                .filter(s -> ServerRequest.label(digest).equals(s.get(Labels.DIGEST)))
                .isPresent();
    }

    private static Optional<ModelVersion> version(@Nullable ModelVersion version) {
        return version == null || version.digest() == null || version.storageUri() == null
                ? Optional.empty()
                : Optional.of(version);
    }
}
