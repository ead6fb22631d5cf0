package dev.finetune.operator.job;

import dev.finetune.api.Attempts;
import dev.finetune.api.DatasetStatus;
import dev.finetune.api.EvaluationStatus;
import dev.finetune.api.Failure;
import dev.finetune.api.FailureClass;
import dev.finetune.api.FineTuneJobStatus;
import dev.finetune.api.PublishedModel;
import dev.finetune.api.ResolvedSettings;
import dev.finetune.api.TrainingProgress;
import dev.finetune.api.Usage;
import dev.finetune.api.run.Stage;
import dev.finetune.operator.desired.Conditions;
import dev.finetune.operator.desired.Times;
import java.time.Instant;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The next status of a job, made from the observed one: the members that a decision changes, and the conditions that go with it. */
final class JobStatusBuilder {
    /** What is counted, over all runs. */
    enum Counter {
        RUNS,
        FAILED,
        DISRUPTED,
        WITHOUT_PROGRESS,
        OUT_OF_MEMORY,
        RESULTS_LOST,
        STALE_BASELINES,
        RESTARTS
    }

    private final Instant now;
    private final @Nullable Long generation;
    private final Map<Counter, Integer> counters = new EnumMap<>(Counter.class);
    private final Map<Stage, Integer> runs = new EnumMap<>(Stage.class);
    private @Nullable String startTime;
    private @Nullable String completionTime;

    Conditions conditions;

    @Nullable
    ResolvedSettings resolved;

    @Nullable
    TrainingProgress progress;

    @Nullable
    DatasetStatus dataset;

    @Nullable
    EvaluationStatus evaluation;

    @Nullable
    PublishedModel model;

    @Nullable
    Usage usage;

    @Nullable
    Failure failure;

    JobStatusBuilder(JobObservation seen) {
        this.now = seen.now();
        this.generation = seen.metadata().getGeneration();
        JobState state = JobState.of(seen);
        this.conditions = state.conditions();
        for (Stage stage : Stage.values()) {
            runs.put(stage, state.run(stage));
        }
        FineTuneJobStatus old = seen.status();
        if (old == null) {
            return;
        }
        startTime = old.startTime();
        completionTime = old.completionTime();
        resolved = old.resolved();
        progress = old.progress();
        dataset = old.dataset();
        evaluation = old.evaluation();
        model = old.model();
        usage = old.usage();
        failure = old.failure();
        set(Counter.RESTARTS, old.restarts());
        Attempts attempts = old.attempts();
        if (attempts != null) {
            set(Counter.RUNS, attempts.runs());
            set(Counter.FAILED, attempts.failed());
            set(Counter.DISRUPTED, attempts.disrupted());
            set(Counter.WITHOUT_PROGRESS, attempts.withoutProgress());
            set(Counter.OUT_OF_MEMORY, attempts.outOfMemory());
            set(Counter.RESULTS_LOST, attempts.resultsLost());
            set(Counter.STALE_BASELINES, attempts.staleBaselines());
        }
    }

    int count(Counter counter) {
        return counters.getOrDefault(counter, 0);
    }

    void increment(Counter counter) {
        counters.merge(counter, 1, Integer::sum);
    }

    void set(Counter counter, @Nullable Integer value) {
        counters.put(counter, Objects.requireNonNullElse(value, 0));
    }

    int run(Stage stage) {
        return runs.getOrDefault(stage, 0);
    }

    /** All conditions, before anything was done. */
    void firstVisit() {
        startTime = Times.write(now);
        for (String type : Reason.TYPES) {
            condition(type, Conditions.UNKNOWN, Reason.NOT_STARTED, "not started");
        }
        underWay(Reason.PENDING, "the job was accepted");
        condition(Reason.SUSPENDED, Conditions.FALSE, Reason.RESUMED, "spec.suspend is not set");
    }

    /** The next run of a stage is to have its Job. */
    void open(Stage stage) {
        int run = run(stage) + 1;
        runs.put(stage, run);
        increment(Counter.RUNS);
        if (run > 1) {
            increment(Counter.RESTARTS);
        }
        failure = null;
        if (progress == null || !Reason.title(stage).equals(progress.stage())) {
            progress = new TrainingProgress(
                    Reason.title(stage), null, null, null, null, null, 0, null, null, Times.write(now));
        } else {
            progress = new TrainingProgress(
                    progress.stage(),
                    null,
                    null,
                    progress.epoch(),
                    progress.step(),
                    progress.totalSteps(),
                    progress.progressPercentage(),
                    progress.estimatedRemainingSeconds(),
                    progress.metrics(),
                    Times.write(now));
        }
        condition(Reason.type(stage), Conditions.UNKNOWN, Reason.RUNNING, "run " + run);
    }

    /** The run of a stage was stopped, or the stage has to be done again. */
    void reset(Stage stage, String message) {
        condition(Reason.type(stage), Conditions.UNKNOWN, Reason.NOT_STARTED, message);
    }

    void succeeded(Stage stage, String message) {
        condition(Reason.type(stage), Conditions.TRUE, Reason.SUCCEEDED, message);
        failure = null;
        if (progress != null && Reason.title(stage).equals(progress.stage())) {
            // The last line of a stage's log may never be read: its result says that all of it is done.
            progress = new TrainingProgress(
                    progress.stage(),
                    progress.pod(),
                    progress.podStartTime(),
                    progress.epoch(),
                    progress.step(),
                    progress.totalSteps(),
                    100,
                    null,
                    progress.metrics(),
                    progress.lastUpdatedTime());
        }
    }

    /** Work is under way, or a queue holds it. */
    void underWay(String reason, String message) {
        notEnded(reason, message);
        condition(Reason.RECONCILING, Conditions.TRUE, reason, message);
        condition(Reason.STALLED, Conditions.FALSE, reason, message);
    }

    /** Nothing happens until somebody acts; Ready keeps telling where the job is. */
    void stalled(String ready, String reason, String message) {
        notEnded(ready, message);
        condition(Reason.RECONCILING, Conditions.FALSE, ready, message);
        condition(Reason.STALLED, Conditions.TRUE, reason, message);
    }

    void suspended(String message) {
        notEnded(Reason.SUSPENDED, message);
        condition(Reason.RECONCILING, Conditions.FALSE, Reason.SUSPENDED, message);
        condition(Reason.STALLED, Conditions.FALSE, Reason.SUSPENDED, message);
        condition(Reason.SUSPENDED, Conditions.TRUE, Reason.SUSPENDED, message);
    }

    private void notEnded(String reason, String message) {
        condition(Reason.READY, Conditions.FALSE, reason, message);
        condition(Reason.COMPLETE, Conditions.FALSE, reason, message);
        condition(Reason.FAILED, Conditions.FALSE, reason, message);
    }

    /** The end without a judged model. */
    void failed(Failure cause) {
        FailureClass type = Objects.requireNonNullElse(cause.type(), FailureClass.Internal);
        String message = type + ": " + cause.message();
        JobState.stageOf(conditions)
                .ifPresent(s -> condition(Reason.type(s), Conditions.FALSE, Reason.FAILED, message));
        end(message, Reason.FAILED, type.name());
        condition(Reason.FAILED, Conditions.TRUE, type.name(), message);
        condition(Reason.COMPLETE, Conditions.FALSE, Reason.FAILED, message);
        failure = cause;
    }

    /** The end of the pipeline; {@code ready}: published, and the gate passed. */
    void complete(boolean ready, String message) {
        if (ready) {
            condition(Reason.READY, Conditions.TRUE, Reason.PUBLISHED, message);
            condition(Reason.RECONCILING, Conditions.FALSE, Reason.PUBLISHED, message);
            condition(Reason.STALLED, Conditions.FALSE, Reason.PUBLISHED, message);
            completionTime = Times.write(now);
        } else {
            end(message, Reason.GATE_NOT_PASSED, Reason.GATE_NOT_PASSED);
        }
        condition(Reason.COMPLETE, Conditions.TRUE, Reason.COMPLETE, message);
        condition(Reason.FAILED, Conditions.FALSE, Reason.COMPLETE, message);
        failure = null;
    }

    private void end(String message, String ready, String stalled) {
        condition(Reason.READY, Conditions.FALSE, ready, message);
        condition(Reason.RECONCILING, Conditions.FALSE, ready, message);
        condition(Reason.STALLED, Conditions.TRUE, stalled, message);
        completionTime = Times.write(now);
    }

    void condition(String type, String status, String reason, String message) {
        conditions = conditions.with(type, status, reason, message);
    }

    FineTuneJobStatus build() {
        return new FineTuneJobStatus(
                generation,
                conditions.list(Reason.TYPES),
                resolved,
                startTime,
                completionTime,
                orNull(count(Counter.RESTARTS)),
                new Attempts(
                        count(Counter.RUNS),
                        orNull(run(Stage.prepare)),
                        orNull(run(Stage.train)),
                        orNull(run(Stage.evaluate)),
                        orNull(count(Counter.FAILED)),
                        orNull(count(Counter.DISRUPTED)),
                        orNull(count(Counter.WITHOUT_PROGRESS)),
                        orNull(count(Counter.OUT_OF_MEMORY)),
                        orNull(count(Counter.RESULTS_LOST)),
                        orNull(count(Counter.STALE_BASELINES))),
                progress,
                dataset,
                evaluation,
                model,
                usage,
                Limits.failure(failure));
    }

    private static @Nullable Integer orNull(int count) {
        return count == 0 ? null : count;
    }
}
