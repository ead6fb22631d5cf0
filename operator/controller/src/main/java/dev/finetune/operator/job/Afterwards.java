package dev.finetune.operator.job;

import dev.finetune.api.EvaluationStatus;
import dev.finetune.api.ReportReference;
import dev.finetune.operator.desired.Ownership;
import dev.finetune.operator.desired.Times;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.stream.Stream;

/** A job that has ended: it never starts again, whatever happens to its children. In time they are removed. */
final class Afterwards {
    private Afterwards() {}

    static void tidy(Draft draft) {
        Integer ttl = draft.seen.spec() == null ? null : draft.spec().ttlSecondsAfterFinished();
        Optional<Instant> ended = draft.seen.status() == null
                ? Optional.empty()
                : Times.read(draft.seen.status().completionTime());
        if (ttl == null || ended.isEmpty()) {
            return;
        }
        Instant due = ended.get().plusSeconds(ttl);
        if (draft.seen.now().isBefore(due)) {
            draft.again(Duration.between(draft.seen.now(), due).plusSeconds(1));
            return;
        }
        Stream.concat(draft.seen.jobs().stream(), draft.seen.named().stream())
                .filter(o -> Ownership.of(o, "FineTuneJob", draft.seen.metadata()) == Ownership.OURS)
                .filter(o -> o.getMetadata().getDeletionTimestamp() == null)
                .forEach((HasMetadata o) -> draft.delete(o));
        EvaluationStatus evaluation = draft.status.evaluation;
        if (evaluation != null
                && evaluation.report() != null
                && evaluation.report().configMap() != null) {
            draft.status.evaluation = new EvaluationStatus(
                    evaluation.summary(),
                    evaluation.results(),
                    evaluation.mcnemar(),
                    evaluation.rules(),
                    new ReportReference(null, evaluation.report().storageUri()));
        }
    }
}
