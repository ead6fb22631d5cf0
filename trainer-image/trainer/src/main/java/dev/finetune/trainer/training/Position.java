package dev.finetune.trainer.training;

/**
 * Where training stands: after {@code step} optimizer steps, {@code stepInEpoch} of them in {@code epoch} (from 0), whose losses and
 * seconds so far are summed here.
 */
record Position(
        long step,
        int epoch,
        int stepInEpoch,
        double epochLoss,
        double epochSeconds,
        Selection selection,
        History history) {
    /** Before the first step. */
    static Position start(Selection selection, History history) {
        return new Position(0, 0, 0, 0, 0, selection, history);
    }

    Position afterStep(double loss, double seconds, History newHistory) {
        return new Position(
                step + 1, epoch, stepInEpoch + 1, epochLoss + loss, epochSeconds + seconds, selection, newHistory);
    }

    Position afterEpoch(Selection newSelection, History newHistory) {
        return new Position(step, epoch + 1, 0, 0, 0, newSelection, newHistory);
    }

    Position with(History newHistory) {
        return new Position(step, epoch, stepInEpoch, epochLoss, epochSeconds, selection, newHistory);
    }
}
