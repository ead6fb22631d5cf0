package dev.finetune.operator.job;

import dev.finetune.api.DatasetStatus;
import dev.finetune.api.Failure;
import dev.finetune.api.FailureClass;
import dev.finetune.api.ResolvedSettings;
import dev.finetune.api.Usage;
import dev.finetune.api.run.PrepareResult;
import dev.finetune.api.run.Stage;
import dev.finetune.api.run.StageResult;
import dev.finetune.api.run.TrainResult;
import dev.finetune.operator.desired.Announcement;
import dev.finetune.operator.desired.Times;
import dev.finetune.operator.diagnosis.Diagnosis;
import dev.finetune.operator.diagnosis.StageDiagnosis;
import dev.finetune.operator.job.JobStatusBuilder.Counter;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import java.math.BigDecimal;
import java.math.MathContext;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Follows the open run of a stage to its end, and says what its end means. */
final class StageRuns {
    private static final Duration POLL = Duration.ofSeconds(10);
    /** How long a cause may last that does not pass by itself: a job that cannot start has ended within a minute. */
    static final Duration PATIENCE = Duration.ofSeconds(45);

    private static final int MOST_DISRUPTIONS = 20;
    private static final int MOST_LOST_RESULTS = 3;

    /** Opens the next run of a stage. */
    void open(Draft draft, Stage stage) {
        if (stage == Stage.evaluate && draft.status.dataset != null) {
            draft.status.dataset =
                    Limits.uses(draft.status.dataset, draft.seen.otherTestUses().orElse(0) + 1);
        }
        draft.status.open(stage);
    }

    /** Looks at the open run. Afterwards the stage has succeeded, or the job has ended, or a run is open. */
    void follow(Draft draft, Stage stage) {
        RunView view = RunView.of(draft.seen, stage, draft.status.run(stage));
        if (view.job().isEmpty()) {
            return;
        }
        Accounting.update(draft.status, view, stage, draft.seen.now()).ifPresent(draft::announce);
        draft.seen
                .log()
                .filter(l -> view.pod(l.pod()).isPresent())
                .flatMap(l -> l.progress())
                .ifPresent(p -> Accounting.progress(draft.status, p, stage, draft.seen.now()));
        if (view.isComplete()) {
            completed(draft, stage, view);
        } else if (view.failed().isPresent()) {
            Failures.of(draft, stage, view)
                    .ifPresentOrElse(f -> draft.status.failed(f), () -> outOfMemory(draft, stage, view));
        } else if (view.outOfMemoryKill().isPresent()) {
            outOfMemory(draft, stage, view);
        } else {
            working(draft, stage, view);
        }
    }

    private void completed(Draft draft, Stage stage, RunView view) {
        Job job = view.job().orElseThrow();
        String digest = Failures.planDigest(job);
        Optional<StageResult> result = view.result(digest, draft.seen.log());
        boolean accepted = result.isPresent()
                && switch (stage) {
                    case prepare -> prepared(draft, result.get().prepare());
                    case train -> trained(draft, result.get().train());
                    case evaluate -> Judgement.accept(draft, result.get().evaluate(), draft.seen.log(), view);
                };
        if (!accepted) {
            lost(draft, stage, view);
        }
    }

    private static boolean prepared(Draft draft, @Nullable PrepareResult result) {
        if (result == null) {
            return false;
        }
        ResolvedSettings old = draft.resolved();
        String before = draft.status.dataset == null ? null : draft.status.dataset.digest();
        boolean same = result.modelDigest().equals(old.modelDigest())
                && result.datasetDigest().equals(before);
        draft.status.resolved = new ResolvedSettings(
                old.profile(),
                old.image(),
                old.planVersion(),
                old.deployed(),
                old.storageUri(),
                result.modelDigest(),
                result.modelRevision(),
                same ? old.candidateDigest() : null,
                old.microBatchSize(),
                result.sources());
        draft.status.dataset = new DatasetStatus(
                result.datasetDigest(),
                result.testDigest(),
                null,
                result.train(),
                result.validation(),
                result.test(),
                Limits.findings(result.findings()));
        draft.status.succeeded(
                Stage.prepare,
                "%d training, %d validation and %d test examples"
                        .formatted(result.train(), result.validation(), result.test()));
        boolean trained = draft.status.conditions.isTrue(Reason.type(Stage.train));
        if (trained && !same) {
            draft.status.reset(Stage.train, "the data changed since it was trained");
        }
        return true;
    }

    private static boolean trained(Draft draft, @Nullable TrainResult result) {
        if (result == null) {
            return false;
        }
        ResolvedSettings old = draft.resolved();
        draft.status.resolved = new ResolvedSettings(
                old.profile(),
                old.image(),
                old.planVersion(),
                old.deployed(),
                old.storageUri(),
                old.modelDigest(),
                old.modelRevision(),
                result.candidateDigest(),
                old.microBatchSize(),
                old.sources());
        Usage usage = Objects.requireNonNullElse(draft.status.usage, new Usage(null, null, null, null));
        draft.status.usage = new Usage(
                usage.activeSeconds(), usage.activeSince(), usage.acceleratorSeconds(), result.peakMemoryBytes());
        draft.status.succeeded(
                Stage.train,
                "%d epochs, %s %s at step %d, stopped because %s%s"
                        .formatted(
                                result.epochs(),
                                result.selectBy(),
                                rounded(result.selectedValue()),
                                result.bestStep(),
                                result.stoppedBecause(),
                                result.exactResume() ? "" : "; resumed with other micro-batches, threads or CPU"));
        return true;
    }

    /** Four digits, as the evaluation's numbers have; what is no number stays as it is. */
    private static String rounded(String value) {
        try {
            return new BigDecimal(value).round(new MathContext(4)).toPlainString();
        } catch (NumberFormatException e) {
            return value;
        }
    }

    private void lost(Draft draft, Stage stage, RunView view) {
        if (draft.status.count(Counter.RESULTS_LOST) >= MOST_LOST_RESULTS) {
            draft.status.failed(Failures.failure(
                    draft,
                    FailureClass.ResultLost,
                    "stage %s ended %d times without leaving a result".formatted(stage, MOST_LOST_RESULTS + 1),
                    stage,
                    view));
            return;
        }
        draft.status.increment(Counter.RESULTS_LOST);
        draft.announce(Announcement.warning(
                "ResultLost",
                "Job %s is complete but left no result that can be read: it runs again".formatted(view.jobName())));
        open(draft, stage);
    }

    private void outOfMemory(Draft draft, Stage stage, RunView view) {
        Accounting.close(draft.status, view, stage, draft.seen.now());
        Optional<Integer> smaller = MicroBatch.next(draft.spec(), draft.resolved(), stage);
        String where = Failures.said(view).orElse("the kernel killed the container at its memory limit");
        if (smaller.isEmpty()) {
            draft.status.failed(Failures.failure(draft, FailureClass.OutOfMemory, where, stage, view));
            return;
        }
        ResolvedSettings old = draft.resolved();
        draft.status.resolved = new ResolvedSettings(
                old.profile(),
                old.image(),
                old.planVersion(),
                old.deployed(),
                old.storageUri(),
                old.modelDigest(),
                old.modelRevision(),
                old.candidateDigest(),
                smaller.get(),
                old.sources());
        draft.status.increment(Counter.OUT_OF_MEMORY);
        draft.announce(Announcement.warning(
                FailureClass.OutOfMemory.name(),
                "%s: goes on with micro-batches of %d and the same optimizer step".formatted(where, smaller.get())));
        open(draft, stage);
    }

    private static void working(Draft draft, Stage stage, RunView view) {
        Instant now = draft.seen.now();
        if (draft.status.count(Counter.WITHOUT_PROGRESS) > MOST_DISRUPTIONS) {
            giveUp(
                    draft,
                    stage,
                    view,
                    FailureClass.Evicted,
                    "the pod was moved away %d times without getting further"
                            .formatted(draft.status.count(Counter.WITHOUT_PROGRESS)));
            return;
        }
        Integer limit = draft.spec().activeDeadlineSeconds();
        long active = Accounting.activeSeconds(draft.status.usage, now);
        if (limit != null && active >= limit) {
            giveUp(
                    draft,
                    stage,
                    view,
                    FailureClass.DeadlineExceeded,
                    "%d seconds of activeDeadlineSeconds %d are used".formatted(active, limit));
            return;
        }
        boolean counting = draft.status.usage != null && draft.status.usage.activeSince() != null;
        draft.again(limit != null && counting ? min(POLL, Duration.ofSeconds(limit - active)) : POLL);
        Optional<Diagnosis> diagnosis = view.isQueued()
                ? Optional.empty()
                : StageDiagnosis.of(view.newestPod().orElse(null), draft.seen.events(), Failures.profile(draft), now);
        if (diagnosis.isPresent()) {
            heldUp(draft, stage, view, diagnosis.get());
        } else if (view.isQueued()) {
            draft.status.failure = null;
            draft.status.underWay(Reason.QUEUED, Failures.queueMessage(draft, view));
        } else {
            draft.status.failure = null;
            draft.status.underWay(
                    Reason.ready(stage),
                    view.newestPod()
                            .map(p -> "%s runs in pod %s"
                                    .formatted(stage, p.getMetadata().getName()))
                            .orElse("%s waits for its pod".formatted(stage)));
        }
    }

    private static void heldUp(Draft draft, Stage stage, RunView view, Diagnosis diagnosis) {
        Instant since = view.newestPod()
                .flatMap(StageRuns::created)
                .or(() -> view.job().flatMap(j -> Times.read(j.getMetadata().getCreationTimestamp())))
                .orElse(draft.seen.now());
        if (diagnosis.terminal()) {
            Duration left = Duration.between(draft.seen.now(), since.plus(PATIENCE));
            if (!left.isPositive()) {
                giveUp(draft, stage, view, diagnosis.type(), diagnosis.message());
                return;
            }
            draft.again(left);
        }
        draft.status.failure = new Failure(
                diagnosis.type(), diagnosis.message(), diagnosis.type().advice(), Reason.title(stage), null, null);
        String message = diagnosis.type() + ": " + diagnosis.message();
        if (diagnosis.type() == FailureClass.NodeLost) {
            draft.status.stalled(
                    Reason.ready(stage),
                    diagnosis.type().name(),
                    message + ". " + diagnosis.type().advice());
        } else {
            draft.status.underWay(Reason.ready(stage), message);
        }
    }

    private static void giveUp(Draft draft, Stage stage, RunView view, FailureClass type, String message) {
        Accounting.close(draft.status, view, stage, draft.seen.now());
        draft.status.failed(Failures.failure(draft, type, message, stage, view));
    }

    private static Optional<Instant> created(Pod pod) {
        return Times.read(pod.getMetadata().getCreationTimestamp());
    }

    private static Duration min(Duration a, Duration b) {
        return a.compareTo(b) < 0 ? a : b;
    }
}
