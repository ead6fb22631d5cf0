package dev.finetune.trainer.evaluation;

import dev.finetune.trainer.artifact.Report;
import dev.finetune.trainer.dataset.Example;
import dev.finetune.trainer.metric.Decisions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;

/** What goes wrong with labels. */
final class LabelErrors extends ErrorAnalysis {
    /** A label is suspected where the model is this sure of another one... */
    private static final double SURE = 0.9;

    /** ...and gives the label at most this much. */
    private static final double UNLIKELY = 0.1;

    private final List<String> labels;

    LabelErrors(List<String> labels) {
        this.labels = labels;
    }

    @Override
    Report.Errors errors(List<Example> validation, double[][] scores, List<Report.Slice> slices) {
        List<Report.Mistake> mistakes = new ArrayList<>();
        long[][] confusion = new long[labels.size()][labels.size()];
        for (int i = 0; i < scores.length; i++) {
            int truth = labels.indexOf(validation.get(i).label());
            int decision = Decisions.best(scores[i]);
            confusion[truth][decision]++;
            if (truth != decision) {
                mistakes.add(mistake(validation.get(i), scores[i], truth, decision));
            }
        }
        mistakes.sort(Comparator.comparingDouble((Report.Mistake m) -> Objects.requireNonNullElse(m.given(), 0.0))
                .thenComparing(Report.Mistake::id));
        List<Report.Mistake> suspects = mistakes.stream()
                .filter(m -> Objects.requireNonNullElse(m.confidence(), 0.0) >= SURE
                        && Objects.requireNonNullElse(m.given(), 1.0) <= UNLIKELY)
                .limit(MAX_EXAMPLES)
                .toList();
        List<Report.Mistake> worst = mistakes.stream().limit(MAX_EXAMPLES).toList();
        return new Report.Errors(mistakes.size(), worst, suspects, pairs(confusion), slices);
    }

    /** The most frequent confusions, at most 30. */
    @Override
    List<Report.Pair> pairs(long[][] confusion) {
        List<Report.Pair> pairs = new ArrayList<>();
        for (int i = 0; i < confusion.length; i++) {
            long of = java.util.Arrays.stream(confusion[i]).sum();
            for (int j = 0; j < confusion[i].length; j++) {
                if (i != j && confusion[i][j] > 0) {
                    pairs.add(new Report.Pair(labels.get(i), labels.get(j), confusion[i][j], of));
                }
            }
        }
        pairs.sort(Comparator.comparingLong(Report.Pair::count)
                .reversed()
                .thenComparing(Report.Pair::label)
                .thenComparing(Report.Pair::predicted));
        return pairs.stream().limit(MAX_PAIRS).toList();
    }

    @Override
    Map<String, int[]> parts(TestSet truth) {
        Map<String, int[]> parts = new LinkedHashMap<>();
        for (int label = 0; label < labels.size(); label++) {
            int wanted = label;
            parts.put(
                    "label " + labels.get(label),
                    IntStream.range(0, truth.size())
                            .filter(i -> truth.truth()[i] == wanted)
                            .toArray());
        }
        return parts;
    }

    /** Accuracy. */
    @Override
    double value(int[] members, TestSet truth, Outputs outputs) {
        return IntStream.of(members)
                        .filter(i -> outputs.decision(i) == truth.truth()[i])
                        .count()
                / (double) members.length;
    }

    private Report.Mistake mistake(Example example, double[] scores, int truth, int decision) {
        return new Report.Mistake(
                example.id(), shown(example), example.label(), labels.get(decision), scores[decision], scores[truth]);
    }
}
