package dev.finetune.operator.job;

import dev.finetune.api.FineTuneJobStatus;
import dev.finetune.api.run.Stage;
import dev.finetune.operator.OperatorConfig;
import dev.finetune.operator.desired.Announcement;
import dev.finetune.operator.desired.Conditions;
import dev.finetune.operator.desired.Decision;
import dev.finetune.operator.desired.Labels;
import dev.finetune.operator.desired.Ownership;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What is to be done about a FineTuneJob, as a pure function of what is observed. The job goes through its stages in order; a
 * stage is done in runs, of which at most one is open; an open run has a Job of a fixed name, so making it again is harmless.
 */
public final class JobDecider {
    private static final Duration AT_ONCE = Duration.ofMillis(1);

    private final Intake intake;
    private final StageRuns runs;
    private final Creation creation;

    /** A decider for jobs under that configuration. */
    public JobDecider(OperatorConfig config) {
        this.intake = new Intake(config);
        this.creation = new Creation(config);
        this.runs = new StageRuns();
    }

    /** The decision. */
    public Decision<FineTuneJobStatus> decide(JobObservation seen) {
        Draft draft = new Draft(seen);
        if (JobState.of(seen).ended()) {
            Afterwards.tidy(draft);
        } else {
            proceed(draft);
        }
        removeStrays(draft);
        return draft.decision();
    }

    private void proceed(Draft draft) {
        if (draft.status.resolved == null || draft.status.resolved.image() == null) {
            intake.admit(draft);
        }
        if (draft.ended()) {
            return;
        }
        if (draft.seen.spec() == null) {
            // An admitted spec cannot become unreadable but by a change of the schema: leave what runs alone.
            return;
        }
        boolean suspend = Boolean.TRUE.equals(draft.spec().suspend());
        Optional<Stage> open = state(draft).openStage();
        if (open.isPresent()) {
            runs.follow(draft, open.get());
        }
        if (draft.ended()) {
            return;
        }
        Optional<Stage> stage = state(draft).stage();
        if (stage.isEmpty()) {
            return;
        }
        if (suspend) {
            suspend(draft, stage.get());
            return;
        }
        if (draft.status.conditions.isTrue(Reason.SUSPENDED)) {
            draft.status.condition(Reason.SUSPENDED, Conditions.FALSE, Reason.RESUMED, "spec.suspend was taken away");
            draft.announce(Announcement.normal(Reason.RESUMED, "goes on with " + stage.get()));
        }
        boolean openBefore = JobState.of(draft.seen)
                .openStage()
                .filter(s -> draft.status.run(s) == JobState.of(draft.seen).run(s))
                .equals(stage);
        if (!state(draft).isOpen(stage.get())) {
            runs.open(draft, stage.get());
        }
        if (openBefore) {
            creation.ensure(draft, stage.get());
        } else {
            // Written down first: children are made only for a run that the status knows, after a look at what bears
            // their names.
            draft.status.underWay(
                    Reason.starting(stage.get()),
                    "run %d of %s is being created".formatted(draft.status.run(stage.get()), stage.get()));
            draft.again(AT_ONCE);
        }
    }

    /** The run is closed in the same write that says so; its Job is then a stray. */
    private static void suspend(Draft draft, Stage stage) {
        if (state(draft).isOpen(stage)) {
            RunView view = RunView.of(draft.seen, stage, draft.status.run(stage));
            Accounting.close(draft.status, view, stage, draft.seen.now());
            draft.status.reset(stage, "run %d was stopped by spec.suspend".formatted(draft.status.run(stage)));
        }
        boolean stopping = !RunView.unfinished(draft.seen, stage).isEmpty();
        draft.status.suspended(
                stopping
                        ? "spec.suspend is set: the pod saves a checkpoint and ends"
                        : "spec.suspend is set: take it away to go on with " + stage);
    }

    /** A Job of ours that still works and is not the one of the open run is to end: it was given up in the status before. */
    private static void removeStrays(Draft draft) {
        JobState state = state(draft);
        Optional<String> open = state.ended()
                ? Optional.empty()
                : state.openStage()
                        .map(s -> RunView.of(draft.seen, s, draft.status.run(s)).jobName());
        for (Job job : draft.seen.jobs()) {
            boolean ours = Ownership.of(job, "FineTuneJob", draft.seen.metadata()) == Ownership.OURS
                    && job.getMetadata().getLabels() != null
                    && job.getMetadata().getLabels().containsKey(Labels.STAGE);
            boolean leaving = job.getMetadata().getDeletionTimestamp() != null;
            boolean current = open.filter(job.getMetadata().getName()::equals).isPresent();
            if (ours && !leaving && !current && !new RunView("", Optional.of(job), List.of()).isOver()) {
                draft.delete(job);
            }
        }
    }

    private static JobState state(Draft draft) {
        return JobState.of(draft.status);
    }
}
