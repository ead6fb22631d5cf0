package dev.finetune.trainer.evaluation;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Labelled examples to judge on. {@code truth} holds indices in {@code labels}; {@code unit} says which duplicate group an example
 * belongs to, numbered from 0: groups, not examples, are what is independent.
 */
record TestSet(List<String> labels, int[] truth, int[] unit) {
    /** A test set whose examples with equal keys form one unit. */
    static TestSet of(List<String> labels, int[] truth, List<String> keys) {
        Map<String, Integer> units = new HashMap<>();
        int[] unit = new int[truth.length];
        for (int i = 0; i < truth.length; i++) {
            unit[i] = units.computeIfAbsent(keys.get(i), _ -> units.size());
        }
        return new TestSet(labels, truth, unit);
    }

    /** A test set without duplicates. */
    static TestSet ofDistinct(List<String> labels, int[] truth) {
        return new TestSet(labels, truth, IntStream.range(0, truth.length).toArray());
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
        return of(labels, Arrays.stream(examples).map(i -> truth[i]).toArray(), keys);
    }
}
