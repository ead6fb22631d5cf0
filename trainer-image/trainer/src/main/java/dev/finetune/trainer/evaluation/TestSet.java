package dev.finetune.trainer.evaluation;

import dev.finetune.trainer.metric.NumberMetrics;
import dev.finetune.trainer.metric.OutputMetrics;
import dev.finetune.trainer.metric.ScoreMetrics;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Labelled examples to judge on. {@code truth} holds indices in {@code labels}; where answers are numbers they stand in {@code numbers},
 * and {@code truth} is 0, the one name that they go by; {@code unit} says which duplicate group an example
 * belongs to, numbered from 0: groups, not examples, are what is independent.
 */
record TestSet(List<String> labels, int[] truth, double[] numbers, int[] unit) {
    /** A test set whose examples with equal keys form one unit. */
    static TestSet of(List<String> labels, int[] truth, List<String> keys) {
        Map<String, Integer> units = new HashMap<>();
        int[] unit = new int[truth.length];
        for (int i = 0; i < truth.length; i++) {
            unit[i] = units.computeIfAbsent(keys.get(i), _ -> units.size());
        }
        return new TestSet(labels, truth, new double[0], unit);
    }

    /** A test set of numbers. */
    static TestSet ofNumbers(String name, double[] numbers, List<String> keys) {
        return of(List.of(name), new int[numbers.length], keys).with(numbers);
    }

    private TestSet with(double[] newNumbers) {
        return new TestSet(labels, truth, newNumbers, unit);
    }

    /** Whether answers are numbers. */
    boolean isOfNumbers() {
        return numbers.length > 0;
    }

    /** Measures a model's outputs, {@code [examples][labels]}, by what is true. */
    OutputMetrics metrics(double[][] outputs, int positive) {
        return isOfNumbers()
                ? new NumberMetrics(numbers, column(outputs))
                : new ScoreMetrics(truth, outputs, classes(), positive);
    }

    /** The same examples twice, for two models' outputs one after the other. */
    TestSet twice() {
        int[] units = Arrays.copyOf(unit, 2 * unit.length);
        int[] truths = Arrays.copyOf(truth, 2 * truth.length);
        double[] values = Arrays.copyOf(numbers, 2 * numbers.length);
        System.arraycopy(unit, 0, units, unit.length, unit.length);
        System.arraycopy(truth, 0, truths, truth.length, truth.length);
        System.arraycopy(numbers, 0, values, numbers.length, numbers.length);
        return new TestSet(labels, truths, values, units);
    }

    private static double[] column(double[][] outputs) {
        return Arrays.stream(outputs).mapToDouble(o -> o[0]).toArray();
    }

    /** A test set without duplicates. */
    static TestSet ofDistinct(List<String> labels, int[] truth) {
        return new TestSet(
                labels, truth, new double[0], IntStream.range(0, truth.length).toArray());
    }

    int size() {
        return truth.length;
    }

    int classes() {
        return labels.size();
    }

    /** The examples of each unit. */
    int[][] members() {
        int units = Arrays.stream(unit).max().orElse(-1) + 1;
        int[] sizes = new int[units];
        for (int u : unit) {
            sizes[u]++;
        }
        int[][] members = new int[units][];
        for (int i = unit.length - 1; i >= 0; i--) {
            int u = unit[i];
            members[u] = members[u] == null ? new int[sizes[u]] : members[u];
            members[u][--sizes[u]] = i;
        }
        return members;
    }

    /** How many examples have that label. */
    int count(int label) {
        return (int) Arrays.stream(truth).filter(t -> t == label).count();
    }

    /** These examples only, their units numbered anew. */
    TestSet select(int[] examples) {
        List<String> keys =
                Arrays.stream(examples).mapToObj(i -> String.valueOf(unit[i])).toList();
        TestSet selected = of(labels, Arrays.stream(examples).map(i -> truth[i]).toArray(), keys);
        return isOfNumbers()
                ? selected.with(
                        Arrays.stream(examples).mapToDouble(i -> numbers[i]).toArray())
                : selected;
    }
}
