package dev.finetune.operator.deployment;

import dev.finetune.api.ArtifactReference;
import dev.finetune.api.Condition;
import dev.finetune.api.ModelReference;
import dev.finetune.api.ModelVersion;
import dev.finetune.api.RejectedVersion;
import dev.finetune.operator.desired.ServerRequest;
import dev.finetune.operator.desired.Times;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/** Which version a spec asks for: pinned by {@code rollbackTo}, else what {@code model} names, unless evidence spoke against it. */
final class VersionChoice {
    private final DeploymentObservation seen;
    private final ModelReference model;

    private VersionChoice(DeploymentObservation seen, ModelReference model) {
        this.seen = seen;
        this.model = model;
    }

    static Target of(DeploymentObservation seen, ModelReference model) {
        VersionChoice choice = new VersionChoice(seen, model);
        String rollback = seen.spec().rollbackTo();
        return switch (rollback == null ? choice.wanted() : choice.rollback(rollback)) {
            case Target.Keep keep -> keep;
            case Target.Serve(ModelVersion version) -> unlessRejected(seen, rejections(seen), version);
        };
    }

    /** The rejections that still count. */
    static List<RejectedVersion> rejections(DeploymentObservation seen) {
        return seen.rejected().stream().filter(r -> !isLifted(seen, r)).toList();
    }

    private Target rollback(String digest) {
        return Stream.concat(Stream.concat(seen.stable().stream(), seen.canary().stream()), seen.history().stream())
                .filter(v -> digest.equals(v.digest()))
                .findFirst()
                .<Target>map(Target.Serve::new)
                .orElseGet(() -> new Target.Keep(
                        Reason.NotInHistory,
                        "spec.rollbackTo names " + digest + ", which is not in status.history; what serves stays"));
    }

    private Target wanted() {
        return switch (model.type()) {
            case Follow -> followed();
            case FineTuneJob -> ofOneJob();
            case Artifact -> artifact();
            case null -> new Target.Keep(Reason.InvalidSpec, "spec.model.type is none that this operator knows");
        };
    }

    private Target followed() {
        String name = model.follow() == null ? null : model.follow().modelName();
        if (name == null) {
            return new Target.Keep(Reason.InvalidSpec, "spec.model.follow.modelName is required");
        }
        Optional<ModelVersion> stable = seen.stable().filter(s -> name.equals(s.modelName()));
        Optional<Instant> since = stable.flatMap(s -> Times.read(s.publishedAt()));
        Optional<JobView> latest = seen.jobs().stream()
                .filter(j -> j.modelName().equals(name)
                        && j.gatePassed()
                        && j.published().isPresent())
                .max(JobView.BY_PUBLICATION)
                .filter(j -> since.isEmpty()
                        || j.publishedAt().filter(at -> at.isAfter(since.get())).isPresent());
        Optional<ModelVersion> underWay = seen.canary().filter(c -> name.equals(c.modelName()));
        boolean underWayIsLater = underWay.flatMap(c -> Times.read(c.publishedAt()))
                .filter(at -> latest.flatMap(JobView::publishedAt)
                        .filter(at::isBefore)
                        .isEmpty())
                .isPresent();
        if (underWay.isPresent() && underWayIsLater) {
            return new Target.Serve(underWay.get());
        }
        if (latest.isPresent()) {
            Optional<Target.Keep> stale = stale(latest.get(), stable);
            return stale.isEmpty()
                    ? new Target.Serve(latest.get().published().orElseThrow())
                    : underWay.<Target>map(Target.Serve::new).orElse(stale.get());
        }
        return stable.<Target>map(Target.Serve::new)
                .orElseGet(() -> new Target.Keep(
                        Reason.NoModel,
                        "no FineTuneJob has published a model named " + name + " that passed its gate"
                                + refusal(name)));
    }

    /** A comparison with what no longer serves says nothing about what does. */
    private static Optional<Target.Keep> stale(JobView job, Optional<ModelVersion> stable) {
        String candidate = job.published().map(ModelVersion::digest).orElse("");
        return stable.map(ModelVersion::digest)
                .filter(serving -> !serving.equals(candidate))
                .filter(serving -> job.judgedAgainst()
                        .filter(scored -> !scored.contains(serving))
                        .isPresent())
                .map(serving -> new Target.Keep(
                        Reason.StaleBaseline,
                        job.name() + " was judged against another version than " + ServerRequest.version(serving)
                                + ", which serves; run it again to have them compared"));
    }

    private Target ofOneJob() {
        String name = model.fineTuneJob() == null ? null : model.fineTuneJob().name();
        if (name == null) {
            return new Target.Keep(Reason.InvalidSpec, "spec.model.fineTuneJob.name is required");
        }
        Optional<JobView> found =
                seen.jobs().stream().filter(j -> j.name().equals(name)).findFirst();
        Optional<ModelVersion> known = Stream.concat(seen.stable().stream(), seen.canary().stream())
                .filter(v -> name.equals(v.job()))
                .findFirst();
        if (found.isEmpty() || found.get().published().isEmpty()) {
            if (known.isPresent()) {
                return new Target.Serve(known.get());
            }
            return found.isEmpty()
                    ? new Target.Keep(Reason.JobNotFound, "there is no FineTuneJob " + name + " in this namespace")
                    : new Target.Keep(
                            found.get().gateRefused() ? Reason.GateNotPassed : Reason.JobNotPublished,
                            "FineTuneJob " + name + " has not published a model" + gate(found.get()));
        }
        return found.get().gatePassed()
                ? new Target.Serve(found.get().published().get())
                : new Target.Keep(
                        Reason.GateNotPassed, "the gate of FineTuneJob " + name + " did not pass" + gate(found.get()));
    }

    private Target artifact() {
        ArtifactReference artifact = model.artifact();
        if (artifact == null || artifact.digest() == null || artifact.storageUri() == null) {
            return new Target.Keep(Reason.InvalidSpec, "spec.model.artifact needs storageUri and digest");
        }
        String hex = artifact.digest().substring(artifact.digest().indexOf(':') + 1);
        String[] path = artifact.storageUri().replaceAll("/+$", "").split("/", -1);
        boolean byDigest = path.length > 4 && path[path.length - 1].equals(hex);
        return new Target.Serve(new ModelVersion(
                artifact.digest(),
                ServerRequest.version(artifact.digest()),
                byDigest ? path[path.length - 2] : seen.owner().getName(),
                artifact.storageUri(),
                artifact.secretRef() == null ? null : artifact.secretRef().name(),
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null));
    }

    /** The version, unless it is among the rejected; what serves already is never taken away. */
    static Target unlessRejected(DeploymentObservation seen, List<RejectedVersion> rejected, ModelVersion version) {
        boolean serves = seen.stable()
                .filter(s -> Objects.equals(s.digest(), version.digest()))
                .isPresent();
        return rejected.stream()
                .filter(r -> !serves && Objects.equals(r.digest(), version.digest()))
                .findFirst()
                .<Target>map(r -> new Target.Keep(
                        Reason.ModelRejected,
                        Versions.told(version) + " was rejected: " + r.message() + "; spec.approvedDigest: "
                                + version.digest() + " has it tried again"))
                .orElseGet(() -> new Target.Serve(version));
    }

    /** An approval that came after the rejection. */
    private static boolean isLifted(DeploymentObservation seen, RejectedVersion rejected) {
        boolean later = rejected.observedGeneration() == null || seen.generation() > rejected.observedGeneration();
        return later
                && rejected.digest() != null
                && rejected.digest().equals(seen.spec().approvedDigest());
    }

    /** The latest job of the followed name that its gate refused after what serves was published. */
    static Optional<String> notTaken(DeploymentObservation seen, ModelReference model) {
        String name = model.follow() == null ? null : model.follow().modelName();
        Optional<Instant> since = seen.stable().flatMap(s -> Times.read(s.publishedAt()));
        return seen.jobs().stream()
                .filter(j -> j.modelName().equals(name) && j.gateRefused())
                .filter(j -> j.gate()
                        .flatMap(g -> Times.read(g.lastTransitionTime()))
                        .filter(at -> since.isEmpty() || at.isAfter(since.get()))
                        .isPresent())
                .max(Comparator.comparing((JobView j) ->
                                j.gate().map(Condition::lastTransitionTime).orElse(""))
                        .thenComparing(JobView::uid))
                .map(j -> j.name() + " was not taken" + gate(j));
    }

    private String refusal(String modelName) {
        return seen.jobs().stream()
                .filter(j -> j.modelName().equals(modelName) && j.gateRefused())
                .max(JobView.BY_PUBLICATION)
                .map(j -> "; " + j.name() + " did not pass" + gate(j))
                .orElse("");
    }

    private static String gate(JobView job) {
        return job.gate()
                .map(Condition::message)
                .filter(m -> m != null && !m.isBlank())
                .map(m -> ": " + m)
                .orElse("");
    }
}
