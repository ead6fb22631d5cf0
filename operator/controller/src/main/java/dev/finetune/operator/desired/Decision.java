package dev.finetune.operator.desired;

import io.fabric8.kubernetes.api.model.HasMetadata;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What a pure decider wants done. It is carried out in the order of its components: the status first, fenced by the observed
 * resourceVersion, so that nothing is ever created from a stale view.
 *
 * @param status the whole new status
 * @param create objects that are made once and never edited
 * @param apply objects that are made, or brought to this state by server-side apply where they are ours
 * @param delete observed objects, deleted only while they have the observed uid
 * @param requeueAfter when to look again even if nothing is heard
 */
public record Decision<S>(
        S status,
        List<HasMetadata> create,
        List<HasMetadata> apply,
        List<HasMetadata> delete,
        List<Announcement> events,
        Optional<Duration> requeueAfter) {
    /** Copies the lists. */
    public Decision {
        create = List.copyOf(create);
        apply = List.copyOf(apply);
        delete = List.copyOf(delete);
        events = List.copyOf(events);
    }

    /** Its status and events alone, and a look again after that time. */
    public Decision<S> withoutObjects(Duration lookAgain) {
        return new Decision<>(status, List.of(), List.of(), List.of(), events, Optional.of(lookAgain));
    }
}
