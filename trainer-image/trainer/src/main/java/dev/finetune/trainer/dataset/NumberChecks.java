package dev.finetune.trainer.dataset;

import dev.finetune.api.CheckAction;
import dev.finetune.api.FailureClass;
import dev.finetune.api.run.StageException;
import java.util.DoubleSummaryStatistics;
import java.util.List;

/** What must hold for the numbers of a regression. */
final class NumberChecks {
    /** Training is stable while the numbers and their range are about as large as what a network gives out at first. */
    private static final double LARGE = 100;

    private static final double SMALL = 0.1;

    private NumberChecks() {}

    /** Refuses splits in which nothing varies, and warns of numbers far from what a model starts with or from all that train has. */
    static void check(Splits splits, Findings findings) {
        DoubleSummaryStatistics train = range("train", splits.train());
        range("validation", splits.validation());
        DoubleSummaryStatistics test = range("test", splits.test());
        double width = train.getMax() - train.getMin();
        List<String> outside = splits.test().stream()
                .filter(e -> e.number() > train.getMax() + width || e.number() < train.getMin() - width)
                .map(e -> e.id() + " (" + e.label() + ")")
                .toList();
        findings.report(
                "NumbersOutOfRange",
                CheckAction.Warn,
                "train has numbers from " + train.getMin() + " to " + train.getMax() + ", test from " + test.getMin()
                        + " to " + test.getMax() + "; these are further away than train is wide",
                outside);
        double largest = Math.max(Math.abs(train.getMin()), Math.abs(train.getMax()));
        if (largest > LARGE || width < SMALL) {
            findings.report(
                    "NumbersOfAnotherScale",
                    CheckAction.Warn,
                    train.getCount(),
                    "train has numbers from " + train.getMin() + " to " + train.getMax()
                            + "; they are learned as they stand, which works best within -10 and 10: scale them in the data.");
        }
    }

    private static DoubleSummaryStatistics range(String split, List<Example> examples) {
        DoubleSummaryStatistics range =
                examples.stream().mapToDouble(Example::number).summaryStatistics();
        if (!(range.getMax() > range.getMin())) {
            throw new StageException(
                    FailureClass.InvalidData,
                    "All " + split + " examples have the number " + range.getMin()
                            + ": at least two different ones are needed. Check spec.dataset.columns.label.");
        }
        return range;
    }
}
