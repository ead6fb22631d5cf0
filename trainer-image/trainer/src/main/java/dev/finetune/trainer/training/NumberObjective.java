package dev.finetune.trainer.training;

import ai.djl.ndarray.NDArray;
import dev.finetune.api.Answer;
import dev.finetune.trainer.dataset.Example;
import dev.finetune.trainer.engine.SquaredError;
import dev.finetune.trainer.engine.TorchEngine;
import dev.finetune.trainer.metric.NumberMetrics;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A number: squared error, the output as it is, ridge regression. */
final class NumberObjective implements Objective {
    private final List<String> labels;
    private final double[] train;
    private final double[] validation;
    private final SquaredError criterion;

    NumberObjective(TorchEngine engine, Targets targets) {
        this.labels = targets.labels();
        this.train = targets.train().stream().mapToDouble(Example::number).toArray();
        this.validation =
                targets.validation().stream().mapToDouble(Example::number).toArray();
        this.criterion = new SquaredError(engine);
    }

    @Override
    public NDArray loss(NDArray outputs, int[] examples, double divisor) {
        float[] targets = new float[examples.length];
        for (int i = 0; i < targets.length; i++) {
            targets[i] = (float) train[examples[i]];
        }
        return criterion.of(outputs, targets, divisor, true);
    }

    @Override
    public double[] answer(float[] outputs, int from) {
        return new double[] {outputs[from]};
    }

    @Override
    public int outputs() {
        return 1;
    }

    @Override
    public Map<String, Double> validation(double[][] answers) {
        Map<String, Double> values = new LinkedHashMap<>();
        values.put(LOSS, validationLoss(answers));
        values.putAll(new NumberMetrics(validation, numbers(answers)).values());
        return values;
    }

    @Override
    public double validationLoss(double[][] answers) {
        double sum = 0;
        for (int i = 0; i < validation.length; i++) {
            sum += (answers[i][0] - validation[i]) * (answers[i][0] - validation[i]);
        }
        return sum / validation.length;
    }

    @Override
    public LinearModel fit(double[][] features, double strength, Optional<LinearModel> start, boolean toTheEnd) {
        return RidgeRegression.fit(features, train, 1 / strength);
    }

    @Override
    public Prior prior() {
        return new Prior(
                Answer.Number, labels, List.of(Arrays.stream(train).average().orElse(0)));
    }

    private static double[] numbers(double[][] answers) {
        return Arrays.stream(answers).mapToDouble(a -> a[0]).toArray();
    }
}
