package dev.finetune.operator.job;

import dev.finetune.api.DeployedModel;
import dev.finetune.api.FineTuneJobSpec;
import dev.finetune.api.FineTuneJobStatus;
import dev.finetune.api.Problem;
import dev.finetune.operator.diagnosis.LogReading;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * All that is known about a FineTuneJob at one moment.
 *
 * @param unreadable what of the spec could not be read, and is absent in {@code spec}
 * @param jobs Jobs with its label, whoever made them
 * @param pods pods with its label, whoever made them
 * @param named objects that stand, or may stand, under the names of its children and are in no cache
 * @param deployed what serves under the model name; read only where a decision needs it
 * @param otherTestUses how many other jobs of the namespace were judged on its test set; read only before evaluate
 * @param log the newest reading of the newest pod; empty where none was due
 * @param events of the newest pod, or of the Job where there is no pod; read only where pod state tells nothing
 * @param store the store's claim; read only on the first visit
 * @param refusal what the API server said when the last decision was carried out
 */
public record JobObservation(
        ObjectMeta metadata,
        @Nullable FineTuneJobSpec spec,
        List<Problem> unreadable,
        @Nullable FineTuneJobStatus status,
        Instant now,
        List<Job> jobs,
        List<Pod> pods,
        List<HasMetadata> named,
        Optional<List<DeployedModel>> deployed,
        Optional<Integer> otherTestUses,
        Optional<LogReading> log,
        List<Event> events,
        Optional<PersistentVolumeClaim> store,
        Optional<Refusal> refusal) {

    /** The API server did not take an object. */
    public record Refusal(HasMetadata object, int code, String message) {}

    /** The same, after the status of a decision was written and one of its objects was refused. */
    public JobObservation after(ObjectMeta written, @Nullable FineTuneJobStatus next, Refusal refused) {
        return new JobObservation(
                written,
                spec,
                unreadable,
                next,
                now,
                jobs,
                pods,
                named,
                deployed,
                otherTestUses,
                log,
                events,
                store,
                Optional.of(refused));
    }

    /** The object of that kind and name that is in no cache. */
    <T extends HasMetadata> Optional<T> named(Class<T> type, String name) {
        return named.stream()
                .filter(o -> type.isInstance(o) && name.equals(o.getMetadata().getName()))
                .map(type::cast)
                .findFirst();
    }
}
