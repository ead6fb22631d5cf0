package dev.finetune.trainer.training;

import ai.djl.ndarray.NDManager;
import dev.finetune.api.FailureClass;
import dev.finetune.api.run.StageException;
import dev.finetune.trainer.metric.ClassificationMetrics;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Scores the validation split as it is: dropout off, plain loss. */
final class Validation {
    /** The plain cross-entropy's name beside the metrics. */
    static final String LOSS = "loss";

    private static final int ROWS = 32;

    private final Learner learner;
    private final List<String> labels;
    private final SelectionRule rule;
    private final int[] order;

    Validation(Learner learner, List<String> labels, SelectionRule rule) {
        this.learner = learner;
        this.labels = labels;
        this.rule = rule;
        int[] lengths = learner.validation().lengths();
        this.order = IntStream.range(0, lengths.length)
                .boxed()
                .sorted(Comparator.comparingInt(i -> -lengths[i]))
                .mapToInt(Integer::intValue)
                .toArray();
    }

    /** Loss and metrics by name; the one that selects is always among them. */
    Map<String, Double> run() {
        double[][] probabilities = probabilities();
        int[] truth = learner.validation().labels();
        Map<String, Double> values = new LinkedHashMap<>();
        values.put(LOSS, Probabilities.loss(probabilities, truth));
        values.putAll(ClassificationMetrics.of(truth, probabilities, labels, rule.positiveLabel())
                .values());
        if (!values.containsKey(rule.metric())) {
            throw new StageException(
                    FailureClass.InvalidSpec,
                    "spec.training.selectBy: expected a metric that the validation split of " + truth.length
                            + " examples has, got " + rule.metric() + "; it has " + values.keySet()
                            + ". Choose one of them, or name evaluation.positiveLabel");
        }
        return values;
    }

    private double[][] probabilities() {
        double[][] probabilities = new double[order.length][];
        for (int from = 0; from < order.length; from += ROWS) {
            int[] rows = Arrays.copyOfRange(order, from, Math.min(order.length, from + ROWS));
            try (NDManager scope = learner.engine().newScope()) {
                float[] logits = learner.validationLogits(scope, rows).toFloatArray();
                for (int i = 0; i < rows.length; i++) {
                    probabilities[rows[i]] = Probabilities.softmax(logits, i * labels.size(), labels.size());
                }
            }
        }
        return probabilities;
    }
}
