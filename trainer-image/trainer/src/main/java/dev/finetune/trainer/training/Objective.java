package dev.finetune.trainer.training;

import ai.djl.ndarray.NDArray;
import dev.finetune.api.Answer;
import dev.finetune.api.Imbalance;
import dev.finetune.trainer.dataset.Example;
import dev.finetune.trainer.engine.TorchEngine;
import dev.finetune.trainer.metric.Threshold;
import dev.finetune.trainer.model.Tokens;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a model learns to answer: the targets of both splits, the loss of its outputs, what these mean, and how good they are. One for
 * each kind of answer; the loop, the strategies and the probe are the same for all.
 */
interface Objective {
    /** The loss's name beside the metrics of a validation. */
    String LOSS = "loss";

    /** The name of the score from which labels are given, beside the metrics that were measured with it. */
    String THRESHOLD = "threshold";

    /** What a step over these training examples is divided by: how many losses they have, or what these weigh. */
    default double divisor(int[] examples) {
        return examples.length;
    }

    /** Which of so many training examples an epoch takes: all of them once, unless rare labels are to be seen more often. */
    default EpochExamples epochs(int examples, long seed) {
        return EpochExamples.once(examples);
    }

    /** What is done about labels of unequal frequency, in words, where anything is. */
    default Optional<String> balance() {
        return Optional.empty();
    }

    /** The sum of these training examples' losses over the divisor, from their outputs {@code [examples, outputs]}; recorded. */
    NDArray loss(NDArray outputs, int[] examples, double divisor);

    /** The answer that a row of raw outputs means. */
    double[] answer(float[] outputs, int from);

    /** Raw outputs of one example, or of one word. */
    int outputs();

    /** The answers that the raw outputs of these validation examples mean, one row of outputs for each. */
    default double[][] answers(float[] outputs, int[] examples) {
        double[][] answers = new double[examples.length][];
        for (int i = 0; i < examples.length; i++) {
            answers[i] = answer(outputs, i * outputs());
        }
        return answers;
    }

    /** Loss and metrics by name, from the answers to all validation examples, {@code [examples][outputs]}. */
    Map<String, Double> validation(double[][] answers);

    /** The score from which a label is given, where there may be several: chosen on these answers to the validation examples. */
    default double threshold(double[][] answers) {
        return Threshold.DEFAULT;
    }

    /** The plain loss of these answers to the validation examples. */
    double validationLoss(double[][] answers);

    /** A linear model on training features; near enough to compare strengths, or to the end. It starts from {@code start}, where it can. */
    LinearModel fit(double[][] features, double strength, Optional<LinearModel> start, boolean toTheEnd);

    /** The same answer to everything that is best on train. */
    Prior prior();

    /** The objective of answers of that kind; {@code imbalance} is for one label each. */
    static Objective of(
            Answer answer,
            TorchEngine engine,
            Targets targets,
            double labelSmoothing,
            Imbalance imbalance,
            SelectionRule rule) {
        return switch (answer) {
            case Label -> new LabelObjective(engine, targets, labelSmoothing, imbalance, rule);
            case Labels -> new LabelSetObjective(engine, targets);
            case Tags -> new TagObjective(engine, targets, labelSmoothing);
            case Number -> new NumberObjective(engine, targets);
        };
    }

    /** What objectives are made of: the names of the outputs, the examples of both splits, and their tokens where answers are of words. */
    record Targets(
            List<String> labels,
            List<Example> train,
            List<Example> validation,
            List<Tokens> trainTokens,
            List<Tokens> validationTokens) {
        /** Those of answers to whole texts. */
        Targets(List<String> labels, List<Example> train, List<Example> validation) {
            this(labels, train, validation, List.of(), List.of());
        }
    }
}
