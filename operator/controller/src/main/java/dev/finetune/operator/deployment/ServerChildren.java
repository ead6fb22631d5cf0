package dev.finetune.operator.deployment;

import dev.finetune.api.ModelVersion;
import dev.finetune.api.StorageUri;
import dev.finetune.operator.desired.Drift;
import dev.finetune.operator.desired.ServerDeployment;
import dev.finetune.operator.desired.ServerRequest;
import dev.finetune.operator.desired.ServerService;
import dev.finetune.operator.desired.Times;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The Deployments and the Service as they are to be, as far as they are not so yet.
 *
 * @param conflicts what cannot be made because an object of that name is not ours
 */
record ServerChildren(List<HasMetadata> apply, List<HasMetadata> delete, List<String> conflicts) {
    static final ServerChildren NONE = new ServerChildren(List.of(), List.of(), List.of());

    /**
     * The children of {@code versions}; while the traffic is not settled on what serves, no server is taken away.
     *
     * @throws IllegalArgumentException with the field's path, where profile or podTemplate hold what core/v1 does not take
     */
    static ServerChildren of(
            DeploymentObservation seen, Settings.Valid settings, Versions versions, boolean isSettled) {
        List<HasMetadata> wanted = new ArrayList<>();
        versions.stable().ifPresent(v -> wanted.add(deployment(seen, settings, v, seen.replicas())));
        versions.canary().ifPresent(v -> wanted.add(deployment(seen, settings, v, seen.replicas())));
        versions.history().stream()
                .filter(v -> wanted.stream().noneMatch(w -> isOf(w, seen, v)))
                .filter(v -> seen.deployment(String.valueOf(v.digest()))
                        .filter(d -> isSettled || replicas(d) == 0)
                        .isPresent())
                .filter(v -> location(v).isPresent())
                .forEach(v -> wanted.add(deployment(seen, settings, v, 0)));
        versions.stable().or(versions::canary).ifPresent(v -> wanted.add(service(seen, String.valueOf(v.digest()))));
        List<String> conflicts = wanted.stream()
                .map(ServerChildren::name)
                .filter(seen.foreign()::contains)
                .toList();
        List<HasMetadata> apply = wanted.stream()
                .filter(o -> !Drift.none(o, observed(seen, o)))
                .filter(o -> conflicts.isEmpty() || observed(seen, o) != null)
                .toList();
        return new ServerChildren(apply, isSettled ? leftovers(seen, versions) : List.of(), conflicts);
    }

    /** Where an artefact lies, if servers can mount or fetch it. */
    static Optional<StorageUri> location(ModelVersion version) {
        return Optional.ofNullable(version.storageUri())
                .flatMap(StorageUri::parse)
                .filter(u -> u.scheme().isStore());
    }

    /** How an object is told of in {@code foreign} and in messages. */
    static String name(HasMetadata object) {
        return object.getKind() + " " + object.getMetadata().getName();
    }

    private static Deployment deployment(
            DeploymentObservation seen, Settings.Valid settings, ModelVersion version, int replicas) {
        return Drift.marked(ServerDeployment.of(new ServerRequest(
                seen.owner(),
                seen.spec(),
                settings.profile(),
                settings.image(),
                String.valueOf(version.digest()),
                location(version)
                        .orElseThrow(() -> new IllegalArgumentException(
                                Versions.told(version) + " lies at " + version.storageUri())),
                settings.model().secretOf(version),
                replicas)));
    }

    private static Service service(DeploymentObservation seen, String digest) {
        Optional<Instant> since = seen.service()
                .filter(s -> seen.serviceSelects(digest))
                .map(s -> s.getMetadata().getAnnotations())
                .map(a -> a.get(ServerService.SINCE))
                .flatMap(Times::read);
        return Drift.marked(ServerService.of(seen.owner(), digest, since.orElse(seen.now())));
    }

    private static List<HasMetadata> leftovers(DeploymentObservation seen, Versions versions) {
        Set<String> kept = Stream.of(
                        versions.stable().stream(), versions.canary().stream(), versions.history().stream())
                .flatMap(v -> v)
                .map(v -> ServerRequest.name(seen.owner().getName(), String.valueOf(v.digest())))
                .collect(Collectors.toSet());
        return seen.deployments().stream()
                .filter(d -> !kept.contains(d.getMetadata().getName()))
                .map(HasMetadata.class::cast)
                .toList();
    }

    private static @Nullable HasMetadata observed(DeploymentObservation seen, HasMetadata wanted) {
        if (wanted instanceof Service) {
            return seen.service().orElse(null);
        }
        return seen.deployments().stream()
                .filter(d ->
                        d.getMetadata().getName().equals(wanted.getMetadata().getName()))
                .findFirst()
                .orElse(null);
    }

    private static boolean isOf(HasMetadata deployment, DeploymentObservation seen, ModelVersion version) {
        return deployment
                .getMetadata()
                .getName()
                .equals(ServerRequest.name(seen.owner().getName(), String.valueOf(version.digest())));
    }

    private static int replicas(Deployment deployment) {
        return Objects.requireNonNullElse(deployment.getSpec().getReplicas(), 1);
    }
}
