package dev.finetune.operator.deployment;

import static dev.finetune.operator.desired.Conditions.FALSE;
import static dev.finetune.operator.desired.Conditions.TRUE;
import static dev.finetune.operator.desired.Conditions.UNKNOWN;

import dev.finetune.api.ModelDeploymentStatus;
import dev.finetune.api.ModelVersion;
import dev.finetune.operator.desired.Conditions;
import dev.finetune.operator.desired.Labels;
import dev.finetune.operator.desired.ServerService;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The status that says what serves, what is on its way, and what is in its way. */
final class DeploymentStatusBuilder {
    /** What keeps a deployment from going on by itself, whether or not something serves. */
    private static final Set<Reason> STALLING = Set.of(Reason.InvalidSpec, Reason.NotInHistory);

    private final DeploymentObservation seen;
    private final Versions versions;
    private final Phase phase;
    private final Target target;
    private final ServerChildren children;

    DeploymentStatusBuilder(
            DeploymentObservation seen, Versions versions, Phase phase, Target target, ServerChildren children) {
        this.seen = seen;
        this.versions = versions;
        this.phase = phase;
        this.target = target;
        this.children = children;
    }

    ModelDeploymentStatus build() {
        Optional<ModelVersion> stable = versions.stable();
        return new ModelDeploymentStatus(
                seen.generation(),
                conditions(),
                seen.service().isPresent() ? ServerService.url(seen.owner()) : null,
                stable.map(this::replicas).orElse(0),
                stable.map(this::ready).orElse(0),
                Labels.DEPLOYMENT + "=" + seen.owner().getName(),
                stable.map(v -> shown(v, 100)).orElse(null),
                versions.canary().map(v -> shown(v, 0)).orElse(null),
                nullIfEmpty(versions.rejected()),
                nullIfEmpty(versions.history()),
                versions.lastFailure().orElse(null));
    }

    private List<dev.finetune.api.Condition> conditions() {
        Optional<Obstacle> obstacle = obstacle();
        Conditions all = Conditions.of(
                seen.writtenStatus() == null ? null : seen.writtenStatus().conditions(), seen.now(), seen.generation());
        all = serving(all, obstacle);
        all = progress(all);
        all = obstacle.filter(o -> o.stalls)
                .map(o -> with(o, Reason.STALLED))
                .orElse(new Told(Reason.STALLED, FALSE, Reason.UpToDate, "nothing is in the way"))
                .in(all);
        all = loaded().in(all);
        return rolledBack().in(all).list(Reason.TYPES);
    }

    private Conditions serving(Conditions all, Optional<Obstacle> obstacle) {
        int ready = versions.stable().map(this::serving).orElse(0);
        String notes = notes(obstacle);
        if (versions.stable().isPresent() && seen.replicas() == 0) {
            String message = Versions.told(versions.stable().get()) + " is scaled to 0 replicas" + notes;
            return new Told(Reason.AVAILABLE, FALSE, Reason.ScaledToZero, message)
                    .in(new Told(Reason.READY, TRUE, Reason.ScaledToZero, message).in(all));
        }
        if (ready > 0) {
            String message = Versions.told(versions.stable().get()) + " answers at " + ServerService.url(seen.owner());
            return new Told(Reason.AVAILABLE, TRUE, Reason.Serving, message)
                    .in(new Told(Reason.READY, TRUE, Reason.Serving, message + notes).in(all));
        }
        Obstacle why = obstacle.orElseGet(this::unavailable);
        return new Told(Reason.AVAILABLE, FALSE, why.reason, why.message)
                .in(new Told(Reason.READY, FALSE, why.reason, why.message).in(all));
    }

    /** Why nothing answers though nothing is wrong with the spec. */
    private Obstacle unavailable() {
        Optional<ModelVersion> next = versions.canary().or(versions::stable);
        if (next.isEmpty()) {
            return target instanceof Target.Keep(Reason reason, String message)
                    ? new Obstacle(reason, message, false)
                    : new Obstacle(Reason.NoModel, "nothing is to be served yet", false);
        }
        String told = Versions.told(next.get());
        return switch (servers(next.get())) {
            case Servers.Ready ready -> new Obstacle(Reason.Loading, told + " takes the traffic", false);
            case Servers.Loading loading ->
                new Obstacle(
                        versions.canary().isPresent()
                                        || versions.stable().map(this::replicas).orElse(0) == 0
                                ? Reason.Loading
                                : Reason.Unavailable,
                        told + " loads: " + loading.ready() + " of " + seen.replicas() + " servers are ready",
                        false);
            case Servers.Waiting(Reason reason, String message) ->
                new Obstacle(reason, told + " waits: " + message, false);
            case Servers.Broken(String message) -> new Obstacle(Reason.Unavailable, told + ": " + message, false);
        };
    }

    private Conditions progress(Conditions all) {
        Told told = switch (phase) {
            case Phase.Starting starting -> starting(starting);
            case Phase.Switching switching ->
                new Told(
                        Reason.PROGRESSING,
                        TRUE,
                        Reason.Draining,
                        "the traffic moves to " + Versions.told(switching.stable()));
            case Phase.Steady ignored -> idle();
            case Phase.Empty ignored -> idle();
        };
        boolean busy = TRUE.equals(told.status) || isCatchingUp();
        return new Told(
                        Reason.RECONCILING,
                        busy ? TRUE : FALSE,
                        busy && FALSE.equals(told.status) ? Reason.Loading : told.reason,
                        busy && FALSE.equals(told.status) ? "servers start" : told.message)
                .in(told.in(all));
    }

    private Told starting(Phase.Starting starting) {
        String next = Versions.told(starting.next());
        return switch (starting.servers()) {
            case Servers.Waiting(Reason reason, String message) ->
                new Told(Reason.PROGRESSING, TRUE, reason, next + " waits: " + message);
            case Servers.Loading loading ->
                new Told(
                        Reason.PROGRESSING,
                        TRUE,
                        Reason.RollingOut,
                        next + ": " + loading.ready() + " of " + seen.replicas() + " servers are ready");
            case Servers.Ready ignored -> new Told(Reason.PROGRESSING, TRUE, Reason.RollingOut, next + " is ready");
            case Servers.Broken ignored -> new Told(Reason.PROGRESSING, TRUE, Reason.RollingOut, next + " starts");
        };
    }

    private Told idle() {
        return target instanceof Target.Keep(Reason reason, String message)
                ? new Told(Reason.PROGRESSING, FALSE, rejection().orElse(reason), message)
                : new Told(Reason.PROGRESSING, FALSE, Reason.UpToDate, "nothing newer is to be rolled out");
    }

    /** The reason of a rejection says how it was found out. */
    private Optional<Reason> rejection() {
        return target instanceof Target.Keep(Reason reason, String message)
                        && reason == Reason.ModelRejected
                        && !versions.rejected().isEmpty()
                        && Reason.ProgressDeadlineExceeded.name()
                                .equals(versions.rejected().getFirst().reason())
                ? Optional.of(Reason.ProgressDeadlineExceeded)
                : Optional.empty();
    }

    /** What serves is not yet as many, or as new, as asked for. */
    private boolean isCatchingUp() {
        return seen.replicas() > 0
                && versions.stable().isPresent()
                && children.conflicts().isEmpty()
                && !(servers(versions.stable().get()) instanceof Servers.Ready);
    }

    private Told loaded() {
        Optional<ModelVersion> asked = versions.canary().or(versions::stable);
        if (versions.canary().isEmpty()
                && target instanceof Target.Keep(Reason reason, String message)
                && reason == Reason.ModelRejected) {
            return new Told(Reason.MODEL_LOADED, FALSE, Reason.ModelRejected, message);
        }
        if (asked.isEmpty()) {
            return new Told(Reason.MODEL_LOADED, UNKNOWN, Reason.NoModel, "nothing was asked for yet");
        }
        if (seen.replicas() == 0) {
            return new Told(Reason.MODEL_LOADED, UNKNOWN, Reason.ScaledToZero, "no server runs");
        }
        String told = Versions.told(asked.get());
        return ready(asked.get()) > 0
                ? new Told(Reason.MODEL_LOADED, TRUE, Reason.Loaded, told + " is loaded and checked")
                : new Told(Reason.MODEL_LOADED, FALSE, Reason.Loading, told + " is not loaded yet");
    }

    private Told rolledBack() {
        String rollback = seen.spec().rollbackTo();
        if (rollback == null) {
            return new Told(Reason.ROLLED_BACK, FALSE, Reason.NotRolledBack, "spec.rollbackTo is not set");
        }
        if (target instanceof Target.Keep(Reason reason, String message) && reason == Reason.NotInHistory) {
            return new Told(Reason.ROLLED_BACK, FALSE, reason, message);
        }
        return versions.stable().filter(v -> rollback.equals(v.digest())).isPresent()
                ? new Told(
                        Reason.ROLLED_BACK,
                        TRUE,
                        Reason.RolledBack,
                        "held at " + Versions.told(versions.stable().get()) + " until spec.rollbackTo is removed")
                : new Told(Reason.ROLLED_BACK, FALSE, Reason.RollingOut, "on the way back to " + rollback);
    }

    private Optional<Obstacle> obstacle() {
        if (!children.conflicts().isEmpty()) {
            return Optional.of(new Obstacle(
                    Reason.NameConflict,
                    String.join(", ", children.conflicts())
                            + " exists and is not ours: rename or delete it, or give this ModelDeployment another name",
                    true));
        }
        Optional<Obstacle> refused = refusal();
        if (refused.isPresent()) {
            return refused;
        }
        if (target instanceof Target.Keep(Reason reason, String message)) {
            boolean nothingElse =
                    reason == Reason.ModelRejected && versions.stable().isEmpty();
            return STALLING.contains(reason) || nothingElse
                    ? Optional.of(new Obstacle(reason, message, true))
                    : Optional.empty();
        }
        return Optional.empty();
    }

    /** What the API server said stays said until what it refused is there, or the spec is another one. */
    private Optional<Obstacle> refusal() {
        if (seen.refusal().isPresent()) {
            return Optional.of(new Obstacle(Reason.PolicyRefused, seen.refusal().get(), true));
        }
        Conditions before = Conditions.of(
                seen.writtenStatus() == null ? null : seen.writtenStatus().conditions(), seen.now(), seen.generation());
        boolean same = before.get(Reason.STALLED)
                .filter(c -> Objects.equals(c.observedGeneration(), seen.generation()))
                .filter(c ->
                        TRUE.equals(c.status()) && Reason.PolicyRefused.name().equals(c.reason()))
                .isPresent();
        return same && !children.apply().isEmpty()
                ? Optional.of(new Obstacle(Reason.PolicyRefused, before.message(Reason.STALLED), true))
                : Optional.empty();
    }

    /** What is to be said beside 'it answers'. */
    private String notes(Optional<Obstacle> obstacle) {
        if (obstacle.isPresent()) {
            return "; " + obstacle.get().message;
        }
        if (phase instanceof Phase.Starting starting) {
            return "; " + starting(starting).message;
        }
        if (target instanceof Target.Keep(Reason reason, String message)) {
            return "; " + message;
        }
        return seen.spec().model() == null
                ? ""
                : VersionChoice.notTaken(seen, seen.spec().model())
                        .map(m -> "; " + m)
                        .orElse("");
    }

    private ModelVersion shown(ModelVersion v, int weight) {
        return new ModelVersion(
                v.digest(),
                v.version(),
                v.modelName(),
                v.storageUri(),
                v.secretName(),
                v.job(),
                v.metric(),
                v.primaryMetric(),
                v.publishedAt(),
                v.promotedAt(),
                weight,
                ready(v),
                v.startedAt());
    }

    private Servers servers(ModelVersion version) {
        String digest = String.valueOf(version.digest());
        return Servers.of(seen.deployment(digest), seen.pods(digest), seen.replicas());
    }

    /** How many servers answer, of whatever version the Service selects. */
    private int serving(ModelVersion stable) {
        return seen.serviceSelects(String.valueOf(stable.digest()))
                ? ready(stable)
                : versions.history().stream()
                        .filter(v -> seen.serviceSelects(String.valueOf(v.digest())))
                        .mapToInt(this::ready)
                        .sum();
    }

    private int ready(ModelVersion version) {
        return seen.deployment(String.valueOf(version.digest()))
                .map(Deployment::getStatus)
                .map(s -> s.getReadyReplicas())
                .orElse(0);
    }

    private int replicas(ModelVersion version) {
        return seen.deployment(String.valueOf(version.digest()))
                .map(Deployment::getStatus)
                .map(s -> s.getReplicas())
                .orElse(0);
    }

    private static Told with(Obstacle obstacle, String type) {
        return new Told(type, TRUE, obstacle.reason, obstacle.message);
    }

    private static <T> @Nullable List<T> nullIfEmpty(List<T> list) {
        return list.isEmpty() ? null : list;
    }

    private record Obstacle(Reason reason, String message, boolean stalls) {}

    private record Told(String type, String status, Reason reason, String message) {
        Conditions in(Conditions all) {
            return all.with(type, status, reason.name(), message);
        }
    }
}
