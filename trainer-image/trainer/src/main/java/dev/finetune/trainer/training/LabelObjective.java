package dev.finetune.trainer.training;

import ai.djl.ndarray.NDArray;
import dev.finetune.api.Answer;
import dev.finetune.api.FailureClass;
import dev.finetune.api.Imbalance;
import dev.finetune.api.run.StageException;
import dev.finetune.trainer.dataset.Example;
import dev.finetune.trainer.engine.CrossEntropy;
import dev.finetune.trainer.engine.TorchEngine;
import dev.finetune.trainer.metric.ClassificationMetrics;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** One label of several: cross-entropy, weighted where labels are, probabilities, logistic regression. */
final class LabelObjective implements Objective {
    private final List<String> labels;
    private final int[] train;
    private final int[] validation;
    private final CrossEntropy criterion;
    private final ClassBalance balance;
    private final SelectionRule rule;

    LabelObjective(TorchEngine engine, Targets targets, double smoothing, Imbalance imbalance, SelectionRule rule) {
        this.labels = targets.labels();
        this.train = indices(targets.train());
        this.validation = indices(targets.validation());
        this.balance = new ClassBalance(imbalance, labels, train);
        this.criterion = new CrossEntropy(engine, smoothing, balance.weights());
        this.rule = rule;
    }

    private int[] indices(List<Example> examples) {
        return examples.stream().mapToInt(this::index).toArray();
    }

    private int index(Example example) {
        int index = labels.indexOf(example.label());
        if (index < 0) {
            throw new StageException(
                    FailureClass.InvalidData,
                    "example " + example.id() + ": expected one of the labels " + labels + ", got " + example.label()
                            + "; correct the row or run prepare again");
        }
        return index;
    }

    @Override
    public double divisor(int[] examples) {
        return criterion.divisor(targets(examples));
    }

    @Override
    public EpochExamples epochs(int examples, long seed) {
        return balance.epochs(seed);
    }

    @Override
    public Optional<String> balance() {
        return balance.described();
    }

    @Override
    public NDArray loss(NDArray outputs, int[] examples, double divisor) {
        return criterion.of(outputs, targets(examples), divisor, true);
    }

    private int[] targets(int[] examples) {
        return Arrays.stream(examples).map(i -> train[i]).toArray();
    }

    @Override
    public double[] answer(float[] outputs, int from) {
        return Probabilities.softmax(outputs, from, labels.size());
    }

    @Override
    public int outputs() {
        return labels.size();
    }

    @Override
    public Map<String, Double> validation(double[][] answers) {
        Map<String, Double> values = new LinkedHashMap<>();
        values.put(LOSS, validationLoss(answers));
        values.putAll(ClassificationMetrics.of(validation, answers, labels, rule.positiveLabel())
                .values());
        return values;
    }

    @Override
    public double validationLoss(double[][] answers) {
        return Probabilities.loss(answers, validation);
    }

    @Override
    public LinearModel fit(double[][] features, double strength, Optional<LinearModel> start, boolean toTheEnd) {
        double[] from = start.map(LinearModel::weights).orElse(new double[0]);
        return toTheEnd
                ? LogisticRegression.fit(features, train, labels.size(), strength, from)
                : LogisticRegression.fitNearly(features, train, labels.size(), strength, from);
    }

    @Override
    public Prior prior() {
        double[] counts = new double[labels.size()];
        for (int label : train) {
            counts[label]++;
        }
        return new Prior(
                Answer.Label,
                labels,
                Arrays.stream(counts).mapToObj(c -> c / train.length).toList());
    }
}
