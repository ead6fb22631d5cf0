package dev.finetune.operator.deployment;

import dev.finetune.api.ModelDeploymentStatus;
import dev.finetune.api.ModelVersion;
import dev.finetune.operator.desired.Announcement;
import dev.finetune.operator.desired.Conditions;
import dev.finetune.operator.desired.Decision;
import dev.finetune.operator.desired.ServerService;
import dev.finetune.operator.desired.Times;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Decides what is to become of a ModelDeployment. RollingUpdate: the new version starts at full strength, takes the traffic when
 * all of it is ready, and the old one leaves a little later; until then, and whenever something is wrong with the new one, the old
 * one serves.
 */
final class RolloutDecider {
    /** How long the old servers stay after the Service points elsewhere: proxies need a moment to hear of it. */
    static final Duration SETTLE = Duration.ofSeconds(5);

    private static final int DEADLINE_SECONDS = 900;
    private static final int HISTORY = 5;
    private static final int MOST_HISTORY = 20;
    private static final Duration CONFLICT_RETRY = Duration.ofSeconds(30);

    private final DeploymentObservation seen;

    private RolloutDecider(DeploymentObservation seen) {
        this.seen = seen;
    }

    static Decision<ModelDeploymentStatus> decide(DeploymentObservation seen) {
        return new RolloutDecider(seen).decide();
    }

    private Decision<ModelDeploymentStatus> decide() {
        return switch (Settings.of(seen)) {
            case Settings.Invalid invalid -> keepAsItIs(invalid);
            case Settings.Valid settings -> {
                try {
                    yield roll(settings);
                } catch (IllegalArgumentException e) {
                    yield keepAsItIs(new Settings.Invalid(String.valueOf(e.getMessage())));
                }
            }
        };
    }

    /** Nothing can be made from this spec: what serves goes on serving untouched. */
    private Decision<ModelDeploymentStatus> keepAsItIs(Settings.Invalid invalid) {
        Versions versions = Versions.of(seen);
        Target target = new Target.Keep(Reason.InvalidSpec, invalid.message());
        return finish(versions, phase(versions), target, ServerChildren.NONE);
    }

    private Decision<ModelDeploymentStatus> roll(Settings.Valid settings) {
        Target target = readable(VersionChoice.of(seen, settings.model()));
        Versions versions = advance(aim(Versions.of(seen), target));
        if (target instanceof Target.Serve(ModelVersion asked) && isRejected(versions, asked)) {
            target = VersionChoice.unlessRejected(seen, versions.rejected(), asked);
        }
        Phase phase = phase(versions);
        return finish(versions, phase, target, ServerChildren.of(seen, settings, versions, phase.isSettled()));
    }

    /** Only artefacts on a claim, in a bucket or in a registry can be reached by a server. */
    private static Target readable(Target target) {
        return target instanceof Target.Serve(ModelVersion version)
                        && ServerChildren.location(version).isEmpty()
                ? new Target.Keep(
                        Reason.InvalidSpec,
                        Versions.told(version) + " lies at " + version.storageUri()
                                + "; only pvc://claim/path, s3://bucket/path and oci://registry/repository can be served")
                : target;
    }

    private Versions aim(Versions versions, Target target) {
        return switch (target) {
            case Target.Keep ignored -> versions.drop();
            case Target.Serve(ModelVersion wanted) -> {
                if (is(versions.stable(), wanted)) {
                    yield versions.drop();
                }
                if (seen.replicas() == 0 && versions.stable().isPresent()) {
                    yield versions.drop();
                }
                yield is(versions.canary(), wanted) ? versions : versions.start(wanted, seen.now());
            }
        };
    }

    private Versions advance(Versions versions) {
        if (versions.canary().isEmpty()) {
            return versions;
        }
        ModelVersion next = versions.canary().get();
        if (seen.replicas() == 0 && seen.service().isPresent()) {
            return versions.promote(seen.now(), historyLimit());
        }
        return switch (servers(next)) {
            case Servers.Ready ignored ->
                seen.service().isPresent() ? versions.promote(seen.now(), historyLimit()) : versions;
            case Servers.Broken(String message) ->
                versions.reject(Reason.ModelRejected, message, seen.now(), seen.generation());
            case Servers.Loading loading
            when Servers.isOverdue(loading, Times.read(next.startedAt()), seen.now(), deadline()) ->
                versions.reject(
                        Reason.ProgressDeadlineExceeded,
                        "only " + loading.ready() + " of " + seen.replicas() + " servers were ready after "
                                + deadline().toSeconds() + " s",
                        seen.now(),
                        seen.generation());
            case Servers.Loading ignored -> versions;
            case Servers.Waiting ignored -> versions;
        };
    }

    private Phase phase(Versions versions) {
        if (versions.canary().isPresent()) {
            ModelVersion next = versions.canary().get();
            return new Phase.Starting(versions.stable(), next, servers(next));
        }
        if (versions.stable().isEmpty()) {
            return new Phase.Empty();
        }
        ModelVersion stable = versions.stable().get();
        if (seen.service().isEmpty() || !seen.serviceSelects(String.valueOf(stable.digest()))) {
            return new Phase.Switching(stable, Optional.empty());
        }
        return switchedAt()
                .map(at -> at.plus(SETTLE))
                .filter(until -> seen.now().isBefore(until))
                .<Phase>map(until -> new Phase.Switching(stable, Optional.of(until)))
                .orElseGet(() -> new Phase.Steady(stable));
    }

    private Decision<ModelDeploymentStatus> finish(
            Versions versions, Phase phase, Target target, ServerChildren children) {
        ModelDeploymentStatus status = new DeploymentStatusBuilder(seen, versions, phase, target, children).build();
        return new Decision<>(
                status,
                List.of(),
                children.apply(),
                children.delete(),
                Stream.concat(versions.events().stream(), transitions(status)).toList(),
                requeue(phase, children));
    }

    /** Obstacles that are new are announced. */
    private Stream<Announcement> transitions(ModelDeploymentStatus status) {
        Conditions before = Conditions.of(
                seen.writtenStatus() == null ? null : seen.writtenStatus().conditions(), seen.now(), seen.generation());
        Conditions after = Conditions.of(status.conditions(), seen.now(), seen.generation());
        boolean stalled = after.isTrue(Reason.STALLED)
                && !after.message(Reason.STALLED).equals(before.message(Reason.STALLED))
                && !after.reason(Reason.STALLED).equals(Reason.ModelRejected.name());
        boolean stale = after.reason(Reason.PROGRESSING).equals(Reason.StaleBaseline.name())
                && !after.message(Reason.PROGRESSING).equals(before.message(Reason.PROGRESSING));
        if (stalled) {
            return Stream.of(Announcement.warning(after.reason(Reason.STALLED), after.message(Reason.STALLED)));
        }
        return stale
                ? Stream.of(Announcement.warning(Reason.StaleBaseline.name(), after.message(Reason.PROGRESSING)))
                : Stream.of();
    }

    private Optional<Duration> requeue(Phase phase, ServerChildren children) {
        Optional<Instant> next = switch (phase) {
            case Phase.Switching switching -> switching.until();
            case Phase.Starting starting
            when starting.servers() instanceof Servers.Loading loading ->
                Stream.concat(
                                loading.since().stream(),
                                Times.read(starting.next().startedAt()).stream())
                        .max(Instant::compareTo)
                        .map(from -> from.plus(deadline()));
            case Phase.Starting ignored -> Optional.empty();
            case Phase.Steady ignored -> Optional.empty();
            case Phase.Empty ignored -> Optional.empty();
        };
        Optional<Duration> wait =
                next.map(at -> Duration.between(seen.now(), at).plusMillis(50));
        return children.conflicts().isEmpty() ? wait : Optional.of(CONFLICT_RETRY);
    }

    private static boolean isRejected(Versions versions, ModelVersion version) {
        return versions.rejected().stream().anyMatch(r -> Objects.equals(r.digest(), version.digest()));
    }

    private Servers servers(ModelVersion version) {
        String digest = String.valueOf(version.digest());
        return Servers.of(seen.deployment(digest), seen.pods(digest), seen.replicas());
    }

    private Optional<Instant> switchedAt() {
        return seen.service()
                .map(s -> s.getMetadata().getAnnotations())
                .map(a -> a.get(ServerService.SINCE))
                .flatMap(Times::read);
    }

    private Duration deadline() {
        return Duration.ofSeconds(Objects.requireNonNullElse(seen.spec().progressDeadlineSeconds(), DEADLINE_SECONDS));
    }

    private int historyLimit() {
        return Math.clamp(Objects.requireNonNullElse(seen.spec().revisionHistoryLimit(), HISTORY), 0, MOST_HISTORY);
    }

    private static boolean is(Optional<ModelVersion> version, ModelVersion other) {
        return version.filter(v -> Objects.equals(v.digest(), other.digest())).isPresent();
    }
}
