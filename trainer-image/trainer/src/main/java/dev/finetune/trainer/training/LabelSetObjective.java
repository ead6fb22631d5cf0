package dev.finetune.trainer.training;

import ai.djl.ndarray.NDArray;
import dev.finetune.api.Answer;
import dev.finetune.api.FailureClass;
import dev.finetune.api.run.StageException;
import dev.finetune.trainer.dataset.Example;
import dev.finetune.trainer.engine.BinaryCrossEntropy;
import dev.finetune.trainer.engine.TorchEngine;
import dev.finetune.trainer.metric.LabelSetMetrics;
import dev.finetune.trainer.metric.LabelSets;
import dev.finetune.trainer.metric.Threshold;
import dev.finetune.trainer.model.Problem;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Any number of labels: binary cross-entropy, a probability for each, logistic regression of each against the rest. A validation is measured with
 * the threshold that is best on it, so that an epoch is not chosen for happening to suit the default: early ones give every rare label
 * less than a half.
 */
final class LabelSetObjective implements Objective {
    private final List<String> labels;
    private final int[][] train;
    private final LabelSets sets;
    private final int[] validation;
    private final BinaryCrossEntropy criterion;

    LabelSetObjective(TorchEngine engine, Targets targets) {
        this.labels = targets.labels();
        this.train = targets.train().stream().map(this::indices).toArray(int[][]::new);
        this.sets = new LabelSets(labels.size());
        this.validation = targets.validation().stream()
                .mapToInt(example -> sets.number(indices(example)))
                .toArray();
        this.criterion = new BinaryCrossEntropy(engine);
    }

    private int[] indices(Example example) {
        return example.labels(Answer.Labels).stream()
                .mapToInt(label -> index(example, label))
                .toArray();
    }

    private int index(Example example, String label) {
        int index = labels.indexOf(label);
        if (index < 0) {
            throw new StageException(
                    FailureClass.InvalidData,
                    "example " + example.id() + ": expected some of the labels " + labels + ", got " + label
                            + "; correct the row or run prepare again");
        }
        return index;
    }

    /** The divisor counts examples; each has as many answers as there are labels. */
    @Override
    public NDArray loss(NDArray outputs, int[] examples, double divisor) {
        int k = labels.size();
        float[] targets = new float[examples.length * k];
        for (int i = 0; i < examples.length; i++) {
            for (int label : train[examples[i]]) {
                targets[i * k + label] = 1;
            }
        }
        return criterion.of(outputs, targets, divisor * k, true);
    }

    @Override
    public double[] answer(float[] outputs, int from) {
        return Problem.sigmoid(outputs, from, labels.size());
    }

    @Override
    public int outputs() {
        return labels.size();
    }

    @Override
    public Map<String, Double> validation(double[][] answers) {
        double threshold = threshold(answers);
        Map<String, Double> values = new LinkedHashMap<>();
        values.put(LOSS, validationLoss(answers));
        values.put(THRESHOLD, threshold);
        values.putAll(LabelSetMetrics.values(sets, validation, answers, threshold));
        return values;
    }

    @Override
    public double threshold(double[][] answers) {
        return Threshold.best(sets, validation, answers);
    }

    @Override
    public double validationLoss(double[][] answers) {
        double sum = 0;
        for (int i = 0; i < validation.length; i++) {
            for (int label = 0; label < labels.size(); label++) {
                double p = answers[i][label];
                sum -= Math.log(Math.max(sets.has(validation[i], label) ? p : 1 - p, Double.MIN_NORMAL));
            }
        }
        return sum / validation.length / labels.size();
    }

    @Override
    public LinearModel fit(double[][] features, double strength, Optional<LinearModel> start, boolean toTheEnd) {
        return OneVsRest.fit(
                features,
                train,
                labels.size(),
                strength,
                start.map(LinearModel::weights).orElse(new double[0]),
                toTheEnd);
    }

    @Override
    public Prior prior() {
        double[] counts = new double[labels.size()];
        for (int[] of : train) {
            for (int label : of) {
                counts[label]++;
            }
        }
        return new Prior(
                Answer.Labels,
                labels,
                Arrays.stream(counts).mapToObj(c -> c / train.length).toList());
    }
}
