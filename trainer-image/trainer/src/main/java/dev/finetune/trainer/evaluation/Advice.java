package dev.finetune.trainer.evaluation;

import dev.finetune.api.Answer;
import dev.finetune.api.Baseline;
import dev.finetune.api.Metric;
import dev.finetune.trainer.artifact.Report;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;

/** What to try next, each sentence derived from a number of this run. */
final class Advice {
    private static final double OVERFITTED = 1.5;
    private static final double PADDED = 0.4;
    private static final double OVERCONFIDENT = 0.1;
    private static final double WEAK = 0.7;
    private static final double MANY_SUSPECTS = 0.01;

    private final Judgement judgement;
    private final EvaluationSettings settings;
    private final List<String> advice = new ArrayList<>();

    private Advice(Judgement judgement, EvaluationSettings settings) {
        this.judgement = judgement;
        this.settings = settings;
    }

    static List<String> of(
            Judgement judgement,
            EvaluationSettings settings,
            Report.Training training,
            Report.Errors errors,
            List<Report.ClassRow> classes,
            long validation) {
        Advice advice = new Advice(judgement, settings);
        advice.probe();
        advice.fit(training);
        advice.confusion(errors);
        advice.labels(errors, validation);
        advice.classes(classes);
        advice.calibration();
        advice.speed(training);
        advice.testSize();
        return advice.advice;
    }

    private void probe() {
        Statistic primary = Statistic.of(settings.primary());
        for (Comparison comparison : judgement.against(Baseline.LinearProbe)) {
            if (comparison.gain(primary) < 0) {
                advice.add("The linear probe on the frozen model is better (" + settings.primary() + " "
                        + Numbers.shown(comparison.baselineValue(primary)) + " against "
                        + Numbers.shown(comparison.candidateValue(primary))
                        + "): try strategy FeatureExtraction, a smaller learningRate, or more data.");
            }
        }
    }

    private void fit(Report.Training training) {
        double train = training.bestTrainLoss();
        double validation = training.bestValidationLoss();
        // Losses of other weights or other frequencies do not compare.
        boolean alike = !training.settings().containsKey(Report.Training.IMBALANCE);
        if (alike && train > 0 && validation > OVERFITTED * train) {
            advice.add("The model fits train better than validation (loss " + Numbers.shown(train) + " against "
                    + Numbers.shown(validation)
                    + "): more data helps most; else fewer epochs, more dropout or weightDecay.");
        }
        if (training.epochs() > 0 && training.bestEpoch() == training.epochs()) {
            advice.add("The best epoch was the last one, " + training.bestEpoch()
                    + ": it may still have been improving; try more epochs with earlyStopping.");
        }
    }

    private void confusion(Report.Errors errors) {
        // Where words are tagged the pairs count words, and the errors texts.
        if (errors.confused().isEmpty()
                || judgement.test().classes() < 3
                || judgement.test().answer() == Answer.Tags) {
            return;
        }
        Report.Pair pair = errors.confused().getFirst();
        if (pair.count() * 5 >= errors.validationErrors() && pair.count() >= 3) {
            advice.add(pair.count() + " of " + errors.validationErrors() + " errors on validation take " + pair.label()
                    + " for " + pair.predicted()
                    + ": look whether the two can be told apart at all, and add examples of both.");
        }
    }

    private void labels(Report.Errors errors, long validation) {
        if (errors.suspects().size() >= 2 && errors.suspects().size() > MANY_SUSPECTS * validation) {
            advice.add(
                    "At least " + errors.suspects().size()
                            + " labels of validation look wrong: read the suspected label errors below; train surely holds more.");
        }
    }

    private void classes(List<Report.ClassRow> classes) {
        classes.stream()
                .filter(row -> row.test() >= settings.minClassExamples())
                .filter(row -> Objects.requireNonNullElse(row.recall(), 1.0) < WEAK)
                .min(Comparator.comparingDouble(row -> Objects.requireNonNullElse(row.recall(), 1.0)))
                .ifPresent(row -> advice.add("Only " + Numbers.percent(Objects.requireNonNullElse(row.recall(), 0.0))
                        + " of " + row.label() + " are found, from " + row.train()
                        + " training examples: add examples of it first."));
    }

    private void calibration() {
        if (!Metric.ece.measures(judgement.test().answer())) {
            return;
        }
        double ece = judgement.value(Statistic.of(Metric.ece));
        if (ece > OVERCONFIDENT) {
            advice.add("The scores are off by " + Numbers.percent(ece)
                    + " on average: do not read them as probabilities; labelSmoothing of 0.1 helps.");
        }
    }

    private void speed(Report.Training training) {
        if (training.paddingShare() > PADDED) {
            advice.add(Numbers.percent(training.paddingShare())
                    + " of the computed tokens were padding: a smaller maxLength or batchSize saves time.");
        }
    }

    /** The smallest gain that this test set can prove is about the half-width of the difference's one-sided interval. */
    private void testSize() {
        Statistic primary = Statistic.of(settings.primary());
        judgement.comparisons().stream()
                .filter(c -> c.name() != Baseline.MajorityClass && !Double.isNaN(c.gain(primary)))
                .findFirst()
                .ifPresent(comparison -> {
                    double provable = comparison.gain(primary) - comparison.gainAtLeast(primary, settings.confidence());
                    if (provable > 0.02) {
                        advice.add("With " + comparison.test().size() + " test examples a gain in " + settings.primary()
                                + " must be about " + Numbers.shown(Math.round(provable * 1000) / 1000.0)
                                + " to be proven; four times as many halve that.");
                    }
                });
    }
}
