package dev.finetune.trainer.training;

import dev.finetune.trainer.dataset.Example;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * What logistic regression answers to each of the examples that it is fitted to when it is fitted to those of the other folds alone,
 * standardised by their mean and deviation.
 */
final class CrossValidation {
    /** How many parts the examples are cut into. */
    static final int FOLDS = 5;

    private CrossValidation() {}

    /**
     * The fold of each example. Examples of one label are spread over all folds, by their keys: neither the order of rows nor a seed
     * decides. Examples with the same key are in the same fold, where one cannot tell the label of the other.
     */
    static int[] folds(List<Example> examples) {
        int[] order = IntStream.range(0, examples.size())
                .boxed()
                .sorted(Comparator.comparing((Integer i) -> examples.get(i).label())
                        .thenComparing(i -> examples.get(i).key()))
                .mapToInt(Integer::intValue)
                .toArray();
        Map<String, Integer> ofKey = new HashMap<>();
        int[] folds = new int[examples.size()];
        for (int i : order) {
            folds[i] = ofKey.computeIfAbsent(examples.get(i).key(), _ -> ofKey.size() % FOLDS);
        }
        return folds;
    }

    /**
     * The probability of each class for each row of features, from fits that stop where one C can be told from another; {@code between} is
     * run before each of them, and may stop it. Every fold has an example.
     */
    static double[][] answers(float[][] rows, int[] labels, int classes, double c, int[] folds, Runnable between) {
        double[][] answers = new double[rows.length][];
        for (int fold = 0; fold < FOLDS; fold++) {
            between.run();
            int held = fold;
            int[] others = indices(folds, f -> f != held);
            int[] asked = indices(folds, f -> f == held);
            float[][] fitted = rows(rows, others);
            double[] mean = Probe.mean(fitted);
            double[] deviation = Probe.deviation(fitted, mean);
            LogisticRegression model = LogisticRegression.fitNearly(
                    Probe.standardised(fitted, mean, deviation),
                    IntStream.of(others).map(i -> labels[i]).toArray(),
                    classes,
                    c,
                    new double[0]);
            double[][] ofFold = model.answers(Probe.standardised(rows(rows, asked), mean, deviation));
            for (int i = 0; i < asked.length; i++) {
                answers[asked[i]] = ofFold[i];
            }
        }
        return answers;
    }

    private static int[] indices(int[] folds, IntPredicate wanted) {
        return IntStream.range(0, folds.length)
                .filter(i -> wanted.test(folds[i]))
                .toArray();
    }

    private static float[][] rows(float[][] all, int[] indices) {
        return IntStream.of(indices).mapToObj(i -> all[i]).toArray(float[][]::new);
    }
}
