package dev.finetune.trainer.evaluation;

import dev.finetune.api.Answer;
import dev.finetune.trainer.metric.Decisions;
import dev.finetune.trainer.metric.LabelSets;
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
        Optional<int[]> same = exact(ofModel, test.labels());
        if (same.isPresent() && answer == test.answer()) {
            return test.outputs(permute(scores, same.get()), threshold);
        }
        return Outputs.ofDecisions(
                test.sets().isPresent()
                        ? sets(ofModel, answer, threshold, scores, test)
                        : classes(ofModel, scores, test.labels()));
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

    static double[][] permute(double[][] scores, int[] permutation) {
        double[][] permuted = new double[scores.length][permutation.length];
        for (int i = 0; i < scores.length; i++) {
            for (int j = 0; j < permutation.length; j++) {
                permuted[i][j] = scores[i][permutation[j]];
            }
        }
        return permuted;
    }
}
