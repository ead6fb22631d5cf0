package dev.finetune.operator.deployment;

import dev.finetune.api.ModelDeploymentStatus;
import dev.finetune.api.ModelVersion;
import dev.finetune.operator.OperatorConfig;
import dev.finetune.operator.desired.Ownership;
import dev.finetune.operator.desired.ServerRequest;
import dev.finetune.operator.kube.FineTuneJob;
import dev.finetune.operator.kube.Lookup;
import dev.finetune.operator.kube.ModelDeployment;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.time.Clock;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/** Reads the caches into one observation, and asks the API server about names that are in no cache. */
final class DeploymentObserver {
    private final OperatorConfig config;
    private final Lookup lookup;
    private final Clock clock;

    DeploymentObserver(OperatorConfig config, Lookup lookup, Clock clock) {
        this.config = config;
        this.lookup = lookup;
        this.clock = clock;
    }

    /** What the caches hold of a ModelDeployment's namespace. */
    record Cached(List<Deployment> deployments, List<Service> services, List<Pod> pods, List<FineTuneJob> jobs) {}

    DeploymentObservation observe(ModelDeployment primary, Cached cached) {
        List<Deployment> deployments = cached.deployments.stream()
                .filter(d -> Ownership.of(d, primary) == Ownership.OURS)
                .toList();
        Optional<Service> service = cached.services.stream()
                .filter(s -> Ownership.of(s, primary) == Ownership.OURS)
                .findFirst();
        DeploymentObservation seen = new DeploymentObservation(
                primary.getMetadata(),
                primary.getSpec(),
                primary.unreadable(),
                primary.getStatus(),
                cached.jobs.stream()
                        .filter(j -> j.getMetadata().getDeletionTimestamp() == null)
                        .map(j -> JobView.of(j.getMetadata(), j.getSpec(), j.getStatus()))
                        .toList(),
                deployments,
                service,
                cached.pods,
                List.of(),
                Optional.empty(),
                config,
                clock.instant());
        return seen.withForeign(foreign(primary, seen));
    }

    /** Names of children that are in no cache may be anybody's. */
    private List<String> foreign(ModelDeployment primary, DeploymentObservation seen) {
        String namespace = primary.getMetadata().getNamespace();
        Stream<HasMetadata> service = seen.service().isPresent()
                ? Stream.of()
                : lookup.get(Service.class, namespace, primary.getMetadata().getName()).stream()
                        .map(HasMetadata.class::cast);
        Stream<HasMetadata> deployments = digests(seen)
                .filter(d -> seen.deployment(d).isEmpty())
                .flatMap(
                        d -> lookup
                                .get(
                                        Deployment.class,
                                        namespace,
                                        ServerRequest.name(primary.getMetadata().getName(), d))
                                .stream());
        return Stream.concat(service, deployments)
                .filter(o -> Ownership.of(o, primary) == Ownership.FOREIGN)
                .map(ServerChildren::name)
                .toList();
    }

    /** What serves or is on its way by the status, and what the decision may set out with. */
    private static Stream<String> digests(DeploymentObservation seen) {
        ModelDeploymentStatus status = seen.writtenStatus();
        Stream<ModelVersion> known = status == null
                ? Stream.of()
                : Stream.of(status.stable(), status.canary()).filter(Objects::nonNull);
        Stream<ModelVersion> next = seen.spec().model() == null
                ? Stream.of()
                : VersionChoice.of(seen, seen.spec().model()) instanceof Target.Serve(ModelVersion version)
                        ? Stream.of(version)
                        : Stream.of();
        return Stream.concat(known, next)
                .map(ModelVersion::digest)
                .filter(Objects::nonNull)
                .distinct();
    }
}
