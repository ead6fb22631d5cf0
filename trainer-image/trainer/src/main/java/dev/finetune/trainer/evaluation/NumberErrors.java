package dev.finetune.trainer.evaluation;

import dev.finetune.trainer.artifact.Report;
import dev.finetune.trainer.dataset.Example;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** What goes wrong with numbers: an answer counts as a mistake when it is further off than the true numbers' standard deviation. */
final class NumberErrors extends ErrorAnalysis {
    private static final int PARTS = 4;

    private final String name;

    NumberErrors(String name) {
        this.name = name;
    }

    @Override
    Report.Errors errors(List<Example> validation, double[][] scores, List<Report.Slice> slices) {
        double mean = validation.stream().mapToDouble(Example::number).average().orElse(0);
        double deviation = Math.sqrt(validation.stream()
                .mapToDouble(e -> (e.number() - mean) * (e.number() - mean))
                .average()
                .orElse(0));
        double[] off = IntStream.range(0, scores.length)
                .mapToDouble(i -> Math.abs(scores[i][0] - validation.get(i).number()))
                .toArray();
        List<Report.Mistake> worst = IntStream.range(0, off.length)
                .boxed()
                .sorted(Comparator.<Integer>comparingDouble(i -> -off[i])
                        .thenComparing(i -> validation.get(i).id()))
                .limit(MAX_EXAMPLES)
                .map(i -> new Report.Mistake(
                        validation.get(i).id(),
                        shown(validation.get(i)),
                        validation.get(i).label(),
                        Numbers.shown(scores[i][0]),
                        null,
                        null))
                .toList();
        long mistakes = Arrays.stream(off).filter(d -> d > deviation).count();
        return new Report.Errors(mistakes, worst, List.of(), List.of(), slices);
    }

    @Override
    List<Report.Pair> pairs(long[][] confusion) {
        return List.of();
    }

    @Override
    Map<String, int[]> parts(TestSet truth) {
        int[] byNumber = IntStream.range(0, truth.size())
                .boxed()
                .sorted(Comparator.comparingDouble(i -> truth.numbers()[i]))
                .mapToInt(Integer::intValue)
                .toArray();
        Map<String, int[]> parts = new LinkedHashMap<>();
        for (int part = 0; part < PARTS; part++) {
            int[] members =
                    Arrays.copyOfRange(byNumber, byNumber.length * part / PARTS, byNumber.length * (part + 1) / PARTS);
            if (members.length > 0) {
                parts.put(
                        name + " from " + Numbers.shown(truth.numbers()[members[0]]) + " to "
                                + Numbers.shown(truth.numbers()[members[members.length - 1]]),
                        members);
            }
        }
        return parts;
    }

    /** The mean absolute error. */
    @Override
    double value(int[] members, TestSet truth, Outputs outputs) {
        return outputs.probabilities().isEmpty()
                ? Double.NaN
                : Arrays.stream(members)
                        .mapToDouble(i -> Math.abs(outputs.number(i) - truth.numbers()[i]))
                        .average()
                        .orElse(Double.NaN);
    }
}
