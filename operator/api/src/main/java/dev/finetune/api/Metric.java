package dev.finetune.api;

import java.util.Arrays;
import java.util.Optional;

/** The metrics of a classification; each is spelled as in the manifest. */
public enum Metric {
    accuracy,
    balancedAccuracy,
    precisionMacro,
    recallMacro,
    f1Macro,
    precisionMicro,
    recallMicro,
    f1Micro,
    precisionWeighted,
    recallWeighted,
    f1Weighted,
    precision,
    recall,
    f1,
    prAuc,
    rocAuc,
    logLoss,
    mcc,
    /** Expected calibration error: shown, never judged by. */
    ece,
    /** Recall of each class: only in rules with {@code maxDrop}. */
    recallPerClass;

    /** Whether it is of one of two classes, so that {@code evaluation.positiveLabel} must say which. */
    public boolean needsPositiveLabel() {
        return this == precision || this == recall || this == f1;
    }

    /** Whether it is one number that a candidate may be chosen and shown by. */
    public boolean mayBePrimary() {
        return this != ece && this != recallPerClass;
    }

    /** Whether {@code evaluation.metrics} may list it. */
    public boolean mayBeListed() {
        return this != recallPerClass;
    }

    /** Whether a gate rule may be about it. */
    public boolean mayBeRuled() {
        return this != ece;
    }

    /** The metric spelled like that, if there is one. */
    public static Optional<Metric> of(String name) {
        return Arrays.stream(values()).filter(m -> m.name().equals(name)).findFirst();
    }
}
