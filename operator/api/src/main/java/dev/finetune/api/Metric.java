package dev.finetune.api;

import java.util.Arrays;
import java.util.Optional;

/**
 * The metrics of classification and regression, each spelled as in manifests, reports and logs. Definitions are scikit-learn's and
 * SciPy's, called with the labels that occur.
 */
public enum Metric {
    accuracy(Kind.DECISIONS),
    balancedAccuracy(Kind.DECISIONS),
    precision(Kind.POSITIVE),
    recall(Kind.POSITIVE),
    f1(Kind.POSITIVE),
    precisionMacro(Kind.DECISIONS),
    recallMacro(Kind.DECISIONS),
    f1Macro(Kind.DECISIONS),
    precisionMicro(Kind.DECISIONS),
    recallMicro(Kind.DECISIONS),
    f1Micro(Kind.DECISIONS),
    precisionWeighted(Kind.DECISIONS),
    recallWeighted(Kind.DECISIONS),
    f1Weighted(Kind.DECISIONS),
    /** Precision of each class: only shown. */
    precisionPerClass(Kind.PER_CLASS),
    /** Recall of each class: shown, and in rules with {@code maxDrop}. */
    recallPerClass(Kind.PER_CLASS),
    /** F1 of each class: only shown. */
    f1PerClass(Kind.PER_CLASS),
    mcc(Kind.DECISIONS),
    rocAuc(Kind.SCORES),
    prAuc(Kind.SCORES),
    logLoss(Kind.SCORES),
    /** Expected calibration error: shown, never judged by, because bins are too rough for that. */
    ece(Kind.SCORES),
    /** The linear correlation of answers and true numbers. */
    pearson(Kind.NUMBERS),
    /** The correlation of their ranks. */
    spearman(Kind.NUMBERS),
    /** The mean squared error. */
    mse(Kind.NUMBERS),
    /** Its root. */
    rmse(Kind.NUMBERS),
    /** The mean absolute error. */
    mae(Kind.NUMBERS),
    /** The share of the variance that is explained. */
    r2(Kind.NUMBERS);

    private enum Kind {
        DECISIONS,
        POSITIVE,
        PER_CLASS,
        SCORES,
        NUMBERS
    }

    private final Kind kind;

    Metric(Kind kind) {
        this.kind = kind;
    }

    /** The metric spelled like that, if there is one. */
    public static Optional<Metric> of(String name) {
        return Arrays.stream(values()).filter(m -> m.name().equals(name)).findFirst();
    }

    /** Whether it is of one of two classes, so that {@code evaluation.positiveLabel} must say which. */
    public boolean needsPositiveLabel() {
        return kind == Kind.POSITIVE;
    }

    /** Whether it exists only where {@code evaluation.positiveLabel} says which of that many classes is meant. */
    public boolean needsPositiveLabel(int classes) {
        return kind == Kind.POSITIVE || (this == prAuc && classes == 2);
    }

    /** Whether it is defined for that many classes: {@code precision}, {@code recall} and {@code f1} only for two. */
    public boolean definedFor(int classes) {
        return kind != Kind.POSITIVE || classes == 2;
    }

    /** Whether it is one number that a candidate may be chosen and shown by. */
    public boolean mayBePrimary() {
        return this != ece && !perClass();
    }

    /** Whether {@code evaluation.metrics} may list it. */
    public boolean mayBeListed() {
        return !perClass();
    }

    /** Whether a gate rule may be about it. */
    public boolean mayBeRuled() {
        return mayBePrimary() || this == recallPerClass;
    }

    /**
     * Whether it measures answers of that kind. Of several labels there is no balanced accuracy and no correlation of decisions, and no
     * calibration error: its bins need one confidence for each answer. Of tags precision, recall and F1 are of entities, as seqeval counts them, accuracy
     * and log loss of words.
     */
    public boolean measures(Answer answer) {
        return switch (answer) {
            case Label -> !ofNumbers();
            case Labels ->
                switch (kind) {
                    case DECISIONS -> this != balancedAccuracy && this != mcc;
                    case SCORES -> this != ece;
                    case PER_CLASS -> true;
                    case POSITIVE, NUMBERS -> false;
                };
            case Tags ->
                switch (kind) {
                    case DECISIONS -> this != balancedAccuracy && this != mcc;
                    case SCORES -> this == logLoss;
                    case PER_CLASS -> true;
                    case POSITIVE, NUMBERS -> false;
                };
            case Number -> ofNumbers();
        };
    }

    /** Whether it measures predicted numbers. */
    public boolean ofNumbers() {
        return kind == Kind.NUMBERS;
    }

    /**
     * What candidates are chosen and shown by where a spec does not say. Where a text may have several labels it is the micro average, as in
     * the examples of transformers: most labels are rare there, and a macro average rests on those of which the test set has a handful. Of
     * tags it is the one that seqeval and transformers call overall.
     */
    public static Metric primaryOf(Answer answer) {
        return switch (answer) {
            case Label -> f1Macro;
            case Labels, Tags -> f1Micro;
            case Number -> pearson;
        };
    }

    /** Whether more is better; otherwise less is. */
    public boolean higherIsBetter() {
        return switch (this) {
            case logLoss, ece, mse, rmse, mae -> false;
            default -> true;
        };
    }

    /** The value with the sign that makes more better. */
    public double signed(double value) {
        return higherIsBetter() ? value : -value;
    }

    /** Whether it needs the outputs of a model, not only decisions. */
    public boolean scoreBased() {
        return kind == Kind.SCORES || kind == Kind.NUMBERS;
    }

    /** Whether it is one number for each class. */
    public boolean perClass() {
        return kind == Kind.PER_CLASS;
    }
}
