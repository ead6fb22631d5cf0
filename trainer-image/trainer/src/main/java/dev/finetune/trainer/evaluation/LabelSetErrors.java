package dev.finetune.trainer.evaluation;

import dev.finetune.api.Answer;
import dev.finetune.trainer.artifact.Report;
import dev.finetune.trainer.dataset.Example;
import dev.finetune.trainer.dataset.LabelSet;
import dev.finetune.trainer.metric.Decisions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** What goes wrong where an example may have several labels: an answer is a mistake when a label is missing or too many. */
final class LabelSetErrors extends ErrorAnalysis {
    /** A label is suspected where the model is this sure of the contrary. */
    private static final double SURE = 0.9;

    private final List<String> labels;
    private final double threshold;

    LabelSetErrors(List<String> labels, double threshold) {
        this.labels = labels;
        this.threshold = threshold;
    }

    /** The worst are those with the highest loss. */
    @Override
    Report.Errors errors(List<Example> validation, double[][] scores, List<Report.Slice> slices) {
        List<Integer> wrong = new ArrayList<>();
        List<Report.Mistake> suspects = new ArrayList<>();
        double[] losses = new double[scores.length];
        for (int i = 0; i < scores.length; i++) {
            List<String> has = validation.get(i).labels(Answer.Labels);
            for (int label = 0; label < labels.size(); label++) {
                boolean given = has.contains(labels.get(label));
                double agreed = given ? scores[i][label] : 1 - scores[i][label];
                losses[i] -= Math.log(Math.max(agreed, Double.MIN_NORMAL));
                if (1 - agreed >= SURE) {
                    suspects.add(suspect(validation.get(i), labels.get(label), given, agreed));
                }
            }
            if (!LabelSet.of(answer(scores[i])).equals(LabelSet.of(has))) {
                wrong.add(i);
            }
        }
        List<Report.Mistake> worst = wrong.stream()
                .sorted(Comparator.<Integer>comparingDouble(i -> -losses[i])
                        .thenComparing(i -> validation.get(i).id()))
                .limit(MAX_EXAMPLES)
                .map(i -> mistake(validation.get(i), scores[i]))
                .toList();
        suspects.sort(Comparator.comparingDouble(LabelSetErrors::given).thenComparing(Report.Mistake::id));
        return new Report.Errors(
                wrong.size(), worst, suspects.stream().limit(MAX_EXAMPLES).toList(), List.of(), slices);
    }

    private static double given(Report.Mistake mistake) {
        Double given = mistake.given();
        return given == null ? 0 : given;
    }

    @Override
    List<Report.Pair> pairs(long[][] confusion) {
        return List.of();
    }

    @Override
    Map<String, int[]> parts(TestSet truth) {
        Map<String, int[]> parts = new LinkedHashMap<>();
        for (int label = 0; label < labels.size(); label++) {
            int wanted = label;
            parts.put(
                    "label " + labels.get(label),
                    IntStream.range(0, truth.size())
                            .filter(i -> truth.has(truth.truth()[i], wanted))
                            .toArray());
        }
        parts.put(
                "no label",
                IntStream.range(0, truth.size())
                        .filter(i -> IntStream.range(0, labels.size()).noneMatch(l -> truth.has(truth.truth()[i], l)))
                        .toArray());
        return parts;
    }

    /** The share with all labels right. */
    @Override
    double value(int[] members, TestSet truth, Outputs outputs) {
        return IntStream.of(members)
                        .filter(i -> outputs.decision(i) == truth.truth()[i])
                        .count()
                / (double) members.length;
    }

    private List<String> answer(double[] scores) {
        return Decisions.given(scores, threshold, labels);
    }

    private Report.Mistake mistake(Example example, double[] scores) {
        return new Report.Mistake(
                example.id(),
                shown(example),
                LabelSet.shown(example.labels(Answer.Labels)),
                LabelSet.shown(answer(scores)),
                null,
                null);
    }

    private static Report.Mistake suspect(Example example, String label, boolean given, double agreed) {
        return new Report.Mistake(
                example.id(),
                shown(example),
                given ? label : "not " + label,
                given ? "not " + label : label,
                1 - agreed,
                agreed);
    }
}
