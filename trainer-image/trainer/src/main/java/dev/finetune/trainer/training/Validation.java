package dev.finetune.trainer.training;

import ai.djl.ndarray.NDManager;
import dev.finetune.api.FailureClass;
import dev.finetune.api.run.StageException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Scores the validation split as it is: dropout off, plain loss. */
final class Validation {
    private static final int ROWS = 32;

    private final Learner learner;
    private final Objective objective;
    private final SelectionRule rule;
    private final int[] order;

    Validation(Learner learner, Objective objective, SelectionRule rule) {
        this.learner = learner;
        this.objective = objective;
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
        Map<String, Double> values = objective.validation(answers());
        if (!values.containsKey(rule.metric())) {
            throw new StageException(
                    FailureClass.InvalidSpec,
                    "spec.training.selectBy: expected a metric that the validation split of " + order.length
                            + " examples has, got " + rule.metric() + "; it has " + values.keySet()
                            + ". Choose one of them, or name evaluation.positiveLabel");
        }
        return values;
    }

    private double[][] answers() {
        double[][] answers = new double[order.length][];
        List<int[]> batches = IntStream.range(0, Math.ceilDiv(order.length, ROWS))
                .mapToObj(i -> Arrays.copyOfRange(order, i * ROWS, Math.min(order.length, (i + 1) * ROWS)))
                .toList();
        learner.validation().ahead(0, batches);
        for (int[] rows : batches) {
            try (NDManager scope = learner.engine().newScope()) {
                double[][] ofRows =
                        objective.answers(learner.validationOutputs(scope, rows).toFloatArray(), rows);
                for (int i = 0; i < rows.length; i++) {
                    answers[rows[i]] = ofRows[i];
                }
            }
        }
        return answers;
    }
}
