package dev.finetune.trainer.evaluation;

import java.util.Arrays;
import java.util.Optional;

/**
 * The metrics of classification, by the names that the API knows them by. Those that need only decisions are functions of
 * {@link ClassCounts}; the score-based ones need probabilities. Definitions are scikit-learn's, called with the labels that occur.
 */
public enum MetricName {
    ACCURACY("accuracy", Kind.DECISION),
    BALANCED_ACCURACY("balancedAccuracy", Kind.DECISION),
    PRECISION("precision", Kind.POSITIVE),
    RECALL("recall", Kind.POSITIVE),
    F1("f1", Kind.POSITIVE),
    PRECISION_MACRO("precisionMacro", Kind.DECISION),
    RECALL_MACRO("recallMacro", Kind.DECISION),
    F1_MACRO("f1Macro", Kind.DECISION),
    PRECISION_MICRO("precisionMicro", Kind.DECISION),
    RECALL_MICRO("recallMicro", Kind.DECISION),
    F1_MICRO("f1Micro", Kind.DECISION),
    PRECISION_WEIGHTED("precisionWeighted", Kind.DECISION),
    RECALL_WEIGHTED("recallWeighted", Kind.DECISION),
    F1_WEIGHTED("f1Weighted", Kind.DECISION),
    PRECISION_PER_CLASS("precisionPerClass", Kind.PER_CLASS),
    RECALL_PER_CLASS("recallPerClass", Kind.PER_CLASS),
    F1_PER_CLASS("f1PerClass", Kind.PER_CLASS),
    MCC("mcc", Kind.DECISION),
    ROC_AUC("rocAuc", Kind.SCORE),
    PR_AUC("prAuc", Kind.SCORE),
    LOG_LOSS("logLoss", Kind.SCORE),
    ECE("ece", Kind.SCORE);

    private enum Kind {
        DECISION,
        POSITIVE,
        PER_CLASS,
        SCORE
    }

    private final String id;
    private final Kind kind;

    MetricName(String id, Kind kind) {
        this.id = id;
        this.kind = kind;
    }

    /** The metric of that name, if there is one. */
    public static Optional<MetricName> of(String id) {
        return Arrays.stream(values()).filter(m -> m.id.equals(id)).findFirst();
    }

    /** The name in specs, reports and logs. */
    public String id() {
        return id;
    }

    /** Whether more is better; otherwise less is. */
    public boolean higherIsBetter() {
        return this != LOG_LOSS && this != ECE;
    }

    /** The value with the sign that makes more better. */
    public double signed(double value) {
        return higherIsBetter() ? value : -value;
    }

    /** Whether it exists only where one of two classes is named the positive one. */
    public boolean needsPositiveLabel(int classes) {
        return kind == Kind.POSITIVE || (this == PR_AUC && classes == 2);
    }

    /** Whether it is defined for that many classes: {@code precision}, {@code recall} and {@code f1} only for two. */
    public boolean definedFor(int classes) {
        return kind != Kind.POSITIVE || classes == 2;
    }

    /** Whether a gate rule may use it: binned calibration error is too rough to judge by. */
    public boolean allowedInRules() {
        return this != ECE;
    }

    /** Whether it needs probabilities, not only decisions. */
    public boolean scoreBased() {
        return kind == Kind.SCORE;
    }

    /** Whether it is one number for each class. */
    public boolean perClass() {
        return kind == Kind.PER_CLASS;
    }

    @Override
    public String toString() {
        return id;
    }
}
