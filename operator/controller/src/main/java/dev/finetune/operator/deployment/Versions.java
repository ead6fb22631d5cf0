package dev.finetune.operator.deployment;

import dev.finetune.api.DeploymentFailure;
import dev.finetune.api.ModelVersion;
import dev.finetune.api.RejectedVersion;
import dev.finetune.operator.desired.Announcement;
import dev.finetune.operator.desired.ServerRequest;
import dev.finetune.operator.desired.Times;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What serves, what is on its way, what served and what was refused, with the moves between them. Everything that outlives a
 * reconciliation is here, and here alone; Git and the spec never are.
 */
record Versions(
        Optional<ModelVersion> stable,
        Optional<ModelVersion> canary,
        List<ModelVersion> history,
        List<RejectedVersion> rejected,
        Optional<DeploymentFailure> lastFailure,
        List<Announcement> events) {
    private static final int MOST_REJECTED = 20;
    private static final int MESSAGE = 1000;

    static Versions of(DeploymentObservation seen) {
        return new Versions(
                seen.stable(),
                seen.canary(),
                seen.history(),
                VersionChoice.rejections(seen),
                Optional.ofNullable(
                        seen.writtenStatus() == null
                                ? null
                                : seen.writtenStatus().lastFailure()),
                List.of());
    }

    /** A version sets out. */
    Versions start(ModelVersion next, Instant now) {
        ModelVersion fresh = with(next, null, Times.write(now));
        return new Versions(
                stable,
                Optional.of(fresh),
                history,
                rejected,
                lastFailure,
                and(Announcement.normal("RollingOut", told(next) + " starts")));
    }

    /** What was on its way is no longer wanted. */
    Versions drop() {
        return new Versions(stable, Optional.empty(), history, rejected, lastFailure, events);
    }

    /** What was on its way takes over. */
    Versions promote(Instant now, int historyLimit) {
        ModelVersion next = canary.orElseThrow();
        List<ModelVersion> earlier = Stream.concat(stable.stream(), history.stream())
                .filter(v -> !Objects.equals(v.digest(), next.digest()))
                .map(v -> with(v, v.promotedAt(), null))
                .limit(historyLimit)
                .toList();
        List<RejectedVersion> remaining = rejected.stream()
                .filter(r -> !Objects.equals(r.digest(), next.digest()))
                .filter(r ->
                        stable.isEmpty() || !isBefore(r.time(), stable.get().promotedAt()))
                .toList();
        return new Versions(
                Optional.of(with(next, Times.write(now), next.startedAt())),
                Optional.empty(),
                earlier,
                remaining,
                lastFailure,
                and(Announcement.normal("Promoted", told(next) + " serves")));
    }

    /** Evidence spoke against what was on its way. */
    Versions reject(Reason reason, String message, Instant now, long generation) {
        ModelVersion refused = canary.orElseThrow();
        String cut = message.substring(0, Math.min(message.length(), MESSAGE));
        List<RejectedVersion> all = new ArrayList<>();
        all.add(new RejectedVersion(refused.digest(), reason.name(), cut, Times.write(now), generation));
        rejected.stream()
                .filter(r -> !Objects.equals(r.digest(), refused.digest()))
                .limit(MOST_REJECTED - 1)
                .forEach(all::add);
        return new Versions(
                stable,
                Optional.empty(),
                history,
                List.copyOf(all),
                Optional.of(new DeploymentFailure(reason.name(), told(refused) + ": " + cut, Times.write(now))),
                and(Announcement.warning(
                        reason.name(),
                        told(refused) + " was rejected: " + cut
                                + stable.map(s -> "; " + told(s) + " keeps serving")
                                        .orElse(""))));
    }

    /** How people call a version. */
    static String told(ModelVersion version) {
        return "version " + ServerRequest.version(String.valueOf(version.digest()))
                + (version.job() == null ? "" : " of " + version.job());
    }

    private List<Announcement> and(Announcement event) {
        return Stream.concat(events.stream(), Stream.of(event)).toList();
    }

    private static boolean isBefore(@Nullable String time, @Nullable String other) {
        Optional<Instant> a = Times.read(time);
        Optional<Instant> b = Times.read(other);
        return a.isPresent() && b.isPresent() && a.get().isBefore(b.get());
    }

    private static ModelVersion with(ModelVersion v, @Nullable String promotedAt, @Nullable String startedAt) {
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
                promotedAt,
                null,
                null,
                startedAt);
    }
}
