package dev.finetune.trainer.evaluation;

import dev.finetune.api.Answer;
import dev.finetune.trainer.metric.ClassCounts;
import dev.finetune.trainer.metric.LabelSets;
import dev.finetune.trainer.metric.NumberMetrics;
import dev.finetune.trainer.metric.Outcomes;
import dev.finetune.trainer.metric.OutputMetrics;
import dev.finetune.trainer.metric.ScoreMetrics;
import dev.finetune.trainer.metric.TagMetrics;
import dev.finetune.trainer.metric.TagSequences;
import dev.finetune.trainer.transform.Entity;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Labelled examples to judge on. {@code truth} holds indices in {@code labels}, or where an example may have several labels numbers of
 * {@code sets}; where words are tagged, {@code labels} are the types of entities and {@code truth} holds numbers of {@code sequences}; where answers are numbers they stand in {@code numbers}, and {@code truth} is 0, the one name that they go by; {@code unit}
 * says which duplicate group an example belongs to, numbered from 0: groups, not examples, are what is independent.
 */
record TestSet(
        List<String> labels,
        int[] truth,
        double[] numbers,
        int[] unit,
        Optional<LabelSets> sets,
        Optional<TagSequences> sequences) {
    /** A test set whose examples with equal keys form one unit. */
    static TestSet of(List<String> labels, int[] truth, List<String> keys) {
        Map<String, Integer> units = new HashMap<>();
        int[] unit = new int[truth.length];
        for (int i = 0; i < truth.length; i++) {
            unit[i] = units.computeIfAbsent(keys.get(i), _ -> units.size());
        }
        return new TestSet(labels, truth, new double[0], unit, Optional.empty(), Optional.empty());
    }

    /** A test set of numbers. */
    static TestSet ofNumbers(String name, double[] numbers, List<String> keys) {
        return of(List.of(name), new int[numbers.length], keys).with(numbers, Optional.empty(), Optional.empty());
    }

    /** A test set whose examples have any number of labels, each told by its set's number. */
    static TestSet ofSets(List<String> labels, LabelSets sets, int[] truth, List<String> keys) {
        return of(labels, truth, keys).with(new double[0], Optional.of(sets), Optional.empty());
    }

    /** A test set of texts whose words have tags, each text's told by its sequence's number. */
    static TestSet ofTags(TagSequences sequences, int[] truth, List<String> keys) {
        return of(sequences.types(), truth, keys).with(new double[0], Optional.empty(), Optional.of(sequences));
    }

    private TestSet with(double[] newNumbers, Optional<LabelSets> newSets, Optional<TagSequences> newSequences) {
        return new TestSet(labels, truth, newNumbers, unit, newSets, newSequences);
    }

    /** What models give scores to: the labels, or the tags of words. */
    List<String> scored() {
        return sequences.map(TagSequences::tags).orElse(labels);
    }

    /** Which labels those of a model's scores stand for: themselves, or the types of tags. */
    List<String> classesOf(List<String> ofScores) {
        return sequences.isPresent() ? Entity.types(ofScores) : ofScores;
    }

    private Optional<Outcomes> outcomes() {
        return sets.<Outcomes>map(s -> s).or(() -> sequences);
    }

    /** What its answers are. */
    Answer answer() {
        if (isOfNumbers()) {
            return Answer.Number;
        }
        return sequences.isPresent() ? Answer.Tags : sets.isPresent() ? Answer.Labels : Answer.Label;
    }

    /** Whether answers are numbers. */
    boolean isOfNumbers() {
        return numbers.length > 0;
    }

    /**
     * What a model's scores, {@code [examples][labels]} or of words {@code [examples][words x tags]}, say about these examples; the threshold is for several
     * labels.
     */
    Outputs outputs(double[][] scores, double threshold) {
        return sets.map(known -> Outputs.of(known.decisions(scores, threshold), scores))
                .or(() -> sequences.map(known -> Outputs.of(known.decisions(scores), scores)))
                .orElseGet(() -> Outputs.ofScores(scores));
    }

    /** Measures a model's outputs, {@code [examples][labels]}, by what is true. */
    OutputMetrics metrics(double[][] outputs, int positive) {
        return switch (answer()) {
            case Label -> new ScoreMetrics(truth, outputs, classes(), positive);
            case Labels -> ScoreMetrics.ofSets(sets.orElseThrow(), truth, outputs);
            case Tags -> new TagMetrics(sequences.orElseThrow(), truth, outputs);
            case Number -> new NumberMetrics(numbers, column(outputs));
        };
    }

    /** Counts of nothing yet. */
    ClassCounts counts() {
        return outcomes().map(ClassCounts::of).orElseGet(() -> new ClassCounts(classes()));
    }

    /** The counts of these decisions about the examples. */
    ClassCounts counts(int[] decisions) {
        ClassCounts counts = counts();
        for (int i = 0; i < truth.length; i++) {
            counts.add(truth[i], decisions[i], 1);
        }
        return counts;
    }

    /** Whether what is true or decided, as a number of this test set, is or holds the label, or an entity of the type. */
    boolean has(int answer, int label) {
        return sets.map(known -> known.has(answer, label))
                .or(() -> sequences.map(known -> known.count(answer, label) > 0))
                .orElse(answer == label);
    }

    /** Whether a decision about an example is right as far as the label goes: given where it is true, and only there; of entities every one of the type. */
    boolean isRight(int example, int decision, int label) {
        return sequences
                .map(known ->
                        known.found(truth[example], decision, label) && known.found(decision, truth[example], label))
                .orElseGet(() -> has(decision, label) == has(truth[example], label));
    }

    /** Whether nothing true of the label is missed by a decision about an example. */
    boolean isFound(int example, int decision, int label) {
        return sequences
                .map(known -> known.found(truth[example], decision, label))
                .orElseGet(() -> has(decision, label) || !has(truth[example], label));
    }

    /** The same examples twice, for two models' outputs one after the other. */
    TestSet twice() {
        int[] units = Arrays.copyOf(unit, 2 * unit.length);
        int[] truths = Arrays.copyOf(truth, 2 * truth.length);
        double[] values = Arrays.copyOf(numbers, 2 * numbers.length);
        System.arraycopy(unit, 0, units, unit.length, unit.length);
        System.arraycopy(truth, 0, truths, truth.length, truth.length);
        System.arraycopy(numbers, 0, values, numbers.length, numbers.length);
        return new TestSet(labels, truths, values, units, sets, sequences);
    }

    private static double[] column(double[][] outputs) {
        return Arrays.stream(outputs).mapToDouble(o -> o[0]).toArray();
    }

    /** A test set without duplicates. */
    static TestSet ofDistinct(List<String> labels, int[] truth) {
        return new TestSet(
                labels,
                truth,
                new double[0],
                IntStream.range(0, truth.length).toArray(),
                Optional.empty(),
                Optional.empty());
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

    /** How many examples have that label, or how many entities are of that type. */
    int count(int label) {
        if (sequences.isPresent()) {
            return Arrays.stream(truth)
                    .map(t -> sequences.get().count(t, label))
                    .sum();
        }
        return (int) Arrays.stream(truth).filter(t -> has(t, label)).count();
    }

    /** These examples only, their units numbered anew. */
    TestSet select(int[] examples) {
        List<String> keys =
                Arrays.stream(examples).mapToObj(i -> String.valueOf(unit[i])).toList();
        TestSet selected = of(labels, Arrays.stream(examples).map(i -> truth[i]).toArray(), keys);
        double[] values = isOfNumbers()
                ? Arrays.stream(examples).mapToDouble(i -> numbers[i]).toArray()
                : numbers;
        return selected.with(values, sets, sequences);
    }
}
