package dev.finetune.operator.deployment;

import java.util.List;

/** The reasons of a ModelDeployment's conditions: the closed list of the CRD. Constants are spelled as they are shown. */
enum Reason {
    Serving,
    ScaledToZero,
    NoModel,
    Loading,
    Loaded,
    RollingOut,
    UpToDate,
    Unavailable,
    AwaitingCapacity,
    Draining,
    ModelRejected,
    ProgressDeadlineExceeded,
    StaleBaseline,
    JobNotFound,
    JobNotPublished,
    GateNotPassed,
    NotInHistory,
    RolledBack,
    NotRolledBack,
    NameConflict,
    InvalidSpec,
    PolicyRefused,
    StorageUnavailable;

    static final String READY = "Ready";
    static final String AVAILABLE = "Available";
    static final String PROGRESSING = "Progressing";
    static final String RECONCILING = "Reconciling";
    static final String STALLED = "Stalled";
    static final String MODEL_LOADED = "ModelLoaded";
    static final String ROLLED_BACK = "RolledBack";

    /** The condition types, in the order in which they are listed. */
    static final List<String> TYPES =
            List.of(READY, AVAILABLE, PROGRESSING, RECONCILING, STALLED, MODEL_LOADED, ROLLED_BACK);
}
