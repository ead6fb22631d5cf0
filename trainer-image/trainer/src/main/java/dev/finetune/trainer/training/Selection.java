package dev.finetune.trainer.training;

import org.jspecify.annotations.Nullable;

/**
 * Which validation was the best so far, and whether to stop. Ties go to the earlier step. {@code reference} is the value that
 * patience counts from: it moves only with a gain of more than {@code minDelta}.
 */
record Selection(
        String metric,
        boolean higherIsBetter,
        @Nullable Integer patience,
        double minDelta,
        double value,
        long step,
        int epoch,
        double reference,
        int withoutGain) {

    /** Before the first validation. */
    static Selection start(String metric, boolean higherIsBetter, @Nullable Integer patience, double minDelta) {
        double worst = higherIsBetter ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
        return new Selection(metric, higherIsBetter, patience, minDelta, worst, -1, -1, worst, 0);
    }

    /** After one more validation; a value that is not a number never is the best. */
    Selection after(long atStep, int atEpoch, double observed) {
        boolean best = gain(observed, value) > 0 || (step < 0 && !Double.isNaN(observed));
        boolean gained = gain(observed, reference) > minDelta;
        return new Selection(
                metric,
                higherIsBetter,
                patience,
                minDelta,
                best ? observed : value,
                best ? atStep : step,
                best ? atEpoch : epoch,
                gained ? observed : reference,
                gained ? 0 : withoutGain + 1);
    }

    /** Whether the last validation observed was the best. */
    boolean isBest(long atStep) {
        return step == atStep;
    }

    /** Whether patience is used up. */
    boolean exhausted() {
        return patience != null && withoutGain >= patience;
    }

    private double gain(double observed, double before) {
        return higherIsBetter ? observed - before : before - observed;
    }
}
