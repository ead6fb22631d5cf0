package dev.finetune.trainer.evaluation;

import dev.finetune.trainer.metric.Decisions;
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

    /** What a model said, in terms of the data's labels: with scores where it knows exactly these, else decisions only. */
    static Outputs align(List<String> ofModel, double[][] scores, List<String> labels) {
        Optional<int[]> same = exact(ofModel, labels);
        if (same.isPresent()) {
            return Outputs.ofScores(permute(scores, same.get()));
        }
        int[] decisions = Decisions.of(scores);
        for (int i = 0; i < decisions.length; i++) {
            int known = labels.indexOf(ofModel.get(decisions[i]));
            decisions[i] = known < 0 ? labels.size() : known;
        }
        return Outputs.ofDecisions(decisions);
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
