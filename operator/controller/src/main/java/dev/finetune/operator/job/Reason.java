package dev.finetune.operator.job;

import dev.finetune.api.run.Stage;
import java.util.List;

/** The condition types of a FineTuneJob, and the reasons of Ready: the closed lists of the CRD. */
final class Reason {
    static final String READY = "Ready";
    static final String RECONCILING = "Reconciling";
    static final String STALLED = "Stalled";
    static final String SUSPENDED = "Suspended";
    static final String GATE_PASSED = "GatePassed";
    static final String PUBLISHED = "Published";
    static final String COMPLETE = "Complete";
    static final String FAILED = "Failed";

    /** The order in which conditions are listed. */
    static final List<String> TYPES = List.of(
            READY,
            RECONCILING,
            STALLED,
            SUSPENDED,
            type(Stage.prepare),
            type(Stage.train),
            type(Stage.evaluate),
            GATE_PASSED,
            PUBLISHED,
            COMPLETE,
            FAILED);

    static final String PENDING = "Pending";
    static final String QUEUED = "Queued";
    static final String GATE_NOT_PASSED = "GateNotPassed";
    static final String NAME_CONFLICT = "NameConflict";
    static final String RESUMED = "Resumed";
    static final String RESTARTED = "Restarted";

    static final String NOT_STARTED = "NotStarted";
    static final String RUNNING = "Running";
    static final String SUCCEEDED = "Succeeded";
    static final String SKIPPED = "Skipped";
    static final String STALE_BASELINE = "StaleBaseline";

    private Reason() {}

    /** The condition that tells the outcome of a stage. */
    static String type(Stage stage) {
        return switch (stage) {
            case prepare -> "DataValidated";
            case train -> "Trained";
            case evaluate -> "Evaluated";
        };
    }

    /** What Ready says while a stage runs. */
    static String ready(Stage stage) {
        return switch (stage) {
            case prepare -> "Preparing";
            case train -> "Training";
            case evaluate -> "Evaluating";
        };
    }

    /** What Ready says while a run of a stage is being made: a job that has come further never shows Pending again. */
    static String starting(Stage stage) {
        return stage == Stage.prepare ? PENDING : ready(stage);
    }

    /** The stage as users read it. */
    static String title(Stage stage) {
        return switch (stage) {
            case prepare -> "Prepare";
            case train -> "Train";
            case evaluate -> "Evaluate";
        };
    }
}
