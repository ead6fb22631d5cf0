package dev.finetune.trainer.evaluation;

import dev.finetune.api.Answer;
import dev.finetune.trainer.metric.Decisions;
import dev.finetune.trainer.metric.LabelSets;
import dev.finetune.trainer.metric.TagSequences;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** Brings the answers of a model with labels of its own onto the labels of the data, by name. */
final class Alignment {
    private Alignment() {}

    /**
     * For each of the data's labels the index of the same label of the model: where both know the same names, exactly or but for case.
     */
    static Optional<int[]> permutation(List<String> ofModel, List<String> labels) {
        return exact(ofModel, labels).or(() -> exact(folded(ofModel), folded(labels)));
    }

    private static Optional<int[]> exact(List<String> ofModel, List<String> labels) {
        if (ofModel.size() != labels.size()
                || Set.copyOf(ofModel).size() != ofModel.size()
                || !Set.copyOf(ofModel).equals(Set.copyOf(labels))) {
            return Optional.empty();
        }
        return Optional.of(labels.stream().mapToInt(ofModel::indexOf).toArray());
    }

    private static List<String> folded(List<String> labels) {
        return labels.stream().map(l -> l.toLowerCase(Locale.ROOT)).toList();
    }

    /**
     * What a model said, in terms of the data's labels: with scores where it knows exactly these and answers in the same way, else decisions
     * only.
     *
     * @param ofModel the model's labels, in the order of the scores
     */
    static Outputs align(List<String> ofModel, Answer answer, double threshold, double[][] scores, TestSet test) {
        Optional<int[]> same = exact(ofModel, test.scored());
        if (same.isPresent() && answer == test.answer()) {
            return test.outputs(permute(scores, same.get()), threshold);
        }
        return Outputs.ofDecisions(
                switch (test.answer()) {
                    case Labels -> sets(ofModel, answer, threshold, scores, test);
                    case Tags -> sequences(ofModel, answer, scores, test);
                    case Label, Number ->
                        answer == Answer.Tags
                                ? another(scores.length, test.classes())
                                : classes(ofModel, scores, test.labels());
                });
    }

    private static int[] another(int examples, int decision) {
        int[] decisions = new int[examples];
        Arrays.fill(decisions, decision);
        return decisions;
    }

    /** A model that answers otherwise says of no word anything that is a tag. */
    private static int[] sequences(List<String> ofModel, Answer answer, double[][] scores, TestSet test) {
        TagSequences sequences = test.sequences().orElseThrow();
        int[] decisions = new int[scores.length];
        for (int i = 0; i < decisions.length; i++) {
            int words = sequences.sequence(test.truth()[i]).size();
            decisions[i] = sequences.number(
                    answer == Answer.Tags
                            ? Decisions.tags(scores[i], ofModel)
                            : Collections.nCopies(words, TagSequences.NONE));
        }
        return decisions;
    }

    private static int[] classes(List<String> ofModel, double[][] scores, List<String> labels) {
        int[] decisions = Decisions.of(scores);
        for (int i = 0; i < decisions.length; i++) {
            int known = labels.indexOf(ofModel.get(decisions[i]));
            decisions[i] = known < 0 ? labels.size() : known;
        }
        return decisions;
    }

    private static int[] sets(List<String> ofModel, Answer answer, double threshold, double[][] scores, TestSet test) {
        LabelSets sets = test.sets().orElseThrow();
        if (answer == Answer.Tags) {
            return another(scores.length, sets.number(sets.others()));
        }
        int[] decisions = new int[scores.length];
        for (int i = 0; i < decisions.length; i++) {
            List<String> given = answer == Answer.Labels
                    ? Decisions.given(scores[i], threshold, ofModel)
                    : List.of(ofModel.get(Decisions.best(scores[i])));
            decisions[i] = sets.number(given.stream()
                    .mapToInt(test.labels()::indexOf)
                    .map(known -> known < 0 ? sets.others() : known)
                    .toArray());
        }
        return decisions;
    }

    /** The scores with labels in another order, in rows of words those of each word. */
    static double[][] permute(double[][] scores, int[] permutation) {
        int k = permutation.length;
        double[][] permuted = new double[scores.length][];
        for (int i = 0; i < scores.length; i++) {
            permuted[i] = new double[scores[i].length];
            for (int j = 0; j < scores[i].length; j++) {
                permuted[i][j] = scores[i][j / k * k + permutation[j % k]];
            }
        }
        return permuted;
    }
}
