package dev.finetune.trainer.metric;

import dev.finetune.api.Metric;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * For each of k classes: how many examples have it, were given it, and both. Every decision metric is a function of these numbers,
 * so a resample of a test set is cheap. An example has one class and is given one, or it has and is given several, told by a number of
 * {@link Outcomes}. A decision for a label outside the classes is counted under index k. Absent values are NaN.
 */
public final class ClassCounts {
    private final int classes;
    private final long[] hits;
    private final long[] predicted;
    private final long[] actual;
    private final @Nullable Outcomes outcomes;
    private long examples;
    private long exact;

    /** Counts examples with one class each. */
    public ClassCounts(int classes) {
        this(classes, null);
    }

    private ClassCounts(int classes, @Nullable Outcomes outcomes) {
        this.classes = classes;
        this.outcomes = outcomes;
        this.hits = new long[classes];
        this.predicted = new long[classes + 1];
        this.actual = new long[classes];
    }

    /** Counts examples with any number of classes each. */
    public static ClassCounts of(Outcomes outcomes) {
        return new ClassCounts(outcomes.labels(), outcomes);
    }

    public static ClassCounts of(int[] truth, int[] decisions, int classes) {
        ClassCounts counts = new ClassCounts(classes);
        for (int i = 0; i < truth.length; i++) {
            counts.add(truth[i], decisions[i], 1);
        }
        return counts;
    }

    public ClassCounts copy() {
        ClassCounts copy = new ClassCounts(classes, outcomes);
        copy.examples = examples;
        copy.exact = exact;
        System.arraycopy(hits, 0, copy.hits, 0, hits.length);
        System.arraycopy(predicted, 0, copy.predicted, 0, predicted.length);
        System.arraycopy(actual, 0, copy.actual, 0, actual.length);
        return copy;
    }

    public void clear() {
        examples = 0;
        exact = 0;
        Arrays.fill(hits, 0);
        Arrays.fill(predicted, 0);
        Arrays.fill(actual, 0);
    }

    public void add(int truth, int decision, long count) {
        if (outcomes != null) {
            outcomes.count(truth, decision, count, this);
            return;
        }
        addExamples(count, truth == decision ? count : 0);
        addActual(truth, count);
        addPredicted(decision, count);
        if (truth == decision) {
            addHit(truth, count);
        }
    }

    void addExamples(long all, long right) {
        examples += all;
        exact += right;
    }

    void addActual(int label, long count) {
        actual[label] += count;
    }

    void addPredicted(int label, long count) {
        predicted[label] += count;
    }

    void addHit(int label, long count) {
        hits[label] += count;
    }

    private boolean given() {
        return outcomes != null && outcomes.averagesWhatIsGiven();
    }

    public long actual(int label) {
        return actual[label];
    }

    /** The value of a decision metric; {@code positive} is the positive class, or -1. */
    public double value(Metric metric, int positive) {
        return switch (metric) {
            case accuracy -> ratio(exact, examples);
            case balancedAccuracy, recallMacro -> macro(Metric.recallPerClass);
            case precision -> positive < 0 ? Double.NaN : precision(positive);
            case recall -> positive < 0 ? Double.NaN : recall(positive);
            case f1 -> positive < 0 ? Double.NaN : f1(positive);
            case precisionMacro -> macro(Metric.precisionPerClass);
            case f1Macro -> macro(Metric.f1PerClass);
            case precisionMicro -> ratio(sum(hits), predictedAsPresent());
            case recallMicro -> ratio(sum(hits), sum(actual));
            case f1Micro -> ratio(2 * sum(hits), predictedAsPresent() + sum(actual));
            case precisionWeighted -> weighted(Metric.precisionPerClass);
            case recallWeighted -> weighted(Metric.recallPerClass);
            case f1Weighted -> weighted(Metric.f1PerClass);
            case mcc -> mcc();
            case precisionPerClass,
                    recallPerClass,
                    f1PerClass,
                    rocAuc,
                    prAuc,
                    logLoss,
                    ece,
                    pearson,
                    spearman,
                    mse,
                    rmse,
                    mae,
                    r2 -> throw new IllegalArgumentException(metric + " is not one number of decisions");
        };
    }

    /** A per-class metric of one class; NaN where the test set has no example of it. */
    public double perClass(Metric metric, int label) {
        if (actual[label] == 0) {
            return Double.NaN;
        }
        return switch (metric) {
            case precisionPerClass -> precision(label);
            case recallPerClass -> recall(label);
            case f1PerClass -> f1(label);
            default -> throw new IllegalArgumentException(metric + " is not one number for each class");
        };
    }

    private double precision(int label) {
        return ratio(hits[label], predicted[label]);
    }

    private double recall(int label) {
        return ratio(hits[label], actual[label]);
    }

    private double f1(int label) {
        return ratio(2 * hits[label], predicted[label] + actual[label]);
    }

    private double macro(Metric perClass) {
        double sum = 0;
        int present = 0;
        for (int label = 0; label < classes; label++) {
            if (actual[label] > 0 || (given() && predicted[label] > 0)) {
                // What is only given has no hit, so every one of these metrics is 0 of it.
                sum += actual[label] > 0 ? perClass(perClass, label) : 0;
                present++;
            }
        }
        return present == 0 ? Double.NaN : sum / present;
    }

    private double weighted(Metric perClass) {
        double sum = 0;
        long all = 0;
        for (int label = 0; label < classes; label++) {
            if (actual[label] > 0) {
                sum += perClass(perClass, label) * actual[label];
                all += actual[label];
            }
        }
        return all == 0 ? Double.NaN : sum / all;
    }

    private long predictedAsPresent() {
        if (given()) {
            return sum(predicted);
        }
        long sum = 0;
        for (int label = 0; label < classes; label++) {
            sum += actual[label] > 0 ? predicted[label] : 0;
        }
        return sum;
    }

    /** The multi-class correlation R_k (Gorodkin 2004); 0 where one side is constant. */
    private double mcc() {
        double all = sum(actual);
        double both = 0;
        double squaresActual = 0;
        double squaresPredicted = (double) predicted[classes] * predicted[classes];
        for (int label = 0; label < classes; label++) {
            both += (double) actual[label] * predicted[label];
            squaresActual += (double) actual[label] * actual[label];
            squaresPredicted += (double) predicted[label] * predicted[label];
        }
        double spread = (all * all - squaresActual) * (all * all - squaresPredicted);
        return spread <= 0 ? 0 : (sum(hits) * all - both) / Math.sqrt(spread);
    }

    private static long sum(long[] values) {
        long sum = 0;
        for (long value : values) {
            sum += value;
        }
        return sum;
    }

    private static double ratio(long part, long whole) {
        return whole == 0 ? 0 : (double) part / whole;
    }
}
