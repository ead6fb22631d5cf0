package dev.finetune.operator.job;

import dev.finetune.api.FineTuneJobSpec;
import dev.finetune.api.FineTuneJobStatus;
import dev.finetune.api.ResolvedSettings;
import dev.finetune.operator.desired.Announcement;
import dev.finetune.operator.desired.Conditions;
import dev.finetune.operator.desired.Decision;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** A decision in the making: the next status, and what else is to be done. */
final class Draft {
    final JobObservation seen;
    final JobStatusBuilder status;
    private final List<HasMetadata> creations = new ArrayList<>();
    private final List<HasMetadata> deletions = new ArrayList<>();
    private final List<Announcement> events = new ArrayList<>();
    private Optional<Duration> requeue = Optional.empty();

    Draft(JobObservation seen) {
        this.seen = seen;
        this.status = new JobStatusBuilder(seen);
    }

    /** The spec of an admitted job. */
    FineTuneJobSpec spec() {
        return Objects.requireNonNull(seen.spec());
    }

    /** What was resolved for an admitted job. */
    ResolvedSettings resolved() {
        return Objects.requireNonNull(status.resolved);
    }

    String name() {
        return seen.metadata().getName();
    }

    boolean ended() {
        return status.conditions.isTrue(Reason.COMPLETE) || status.conditions.isTrue(Reason.FAILED);
    }

    void create(HasMetadata object) {
        creations.add(object);
    }

    void delete(HasMetadata object) {
        deletions.add(object);
    }

    void announce(Announcement event) {
        events.add(event);
    }

    /** Look again after that time, or sooner if somebody else asked for it. */
    void again(Duration after) {
        requeue = Optional.of(requeue.filter(r -> r.compareTo(after) <= 0).orElse(after));
    }

    Decision<FineTuneJobStatus> decision() {
        Conditions before = JobState.of(seen).conditions();
        String reason = status.conditions.reason(Reason.READY);
        if (!reason.equals(before.reason(Reason.READY))) {
            String note = status.conditions.message(Reason.READY);
            boolean bad = status.conditions.isTrue(Reason.STALLED);
            events.addFirst(bad ? Announcement.warning(reason, note) : Announcement.normal(reason, note));
        }
        return new Decision<>(status.build(), creations, List.of(), deletions, events, requeue);
    }
}
