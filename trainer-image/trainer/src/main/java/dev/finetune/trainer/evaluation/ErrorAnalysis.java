package dev.finetune.trainer.evaluation;

import dev.finetune.trainer.artifact.Report;
import dev.finetune.trainer.dataset.Example;
import dev.finetune.trainer.metric.Decisions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** What goes wrong. Examples are from validation: a test set that people read is no longer a test. */
final class ErrorAnalysis {
    static final int MAX_PAIRS = 30;

    private static final int MAX_EXAMPLES = 10;
    private static final int MAX_TEXT = 300;
    private static final int MIN_SLICE = 20;
    private static final int LENGTH_SLICES = 4;

    /** A label is suspected where the model is this sure of another one... */
    private static final double SURE = 0.9;

    /** ...and gives the label at most this much. */
    private static final double UNLIKELY = 0.1;

    private final List<String> labels;

    ErrorAnalysis(List<String> labels) {
        this.labels = labels;
    }

    Report.Errors of(List<Example> validation, double[][] scores, List<Report.Slice> slices) {
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
        mistakes.sort(Comparator.comparingDouble(Report.Mistake::given).thenComparing(Report.Mistake::id));
        List<Report.Mistake> suspects = mistakes.stream()
                .filter(m -> m.confidence() >= SURE && m.given() <= UNLIKELY)
                .limit(MAX_EXAMPLES)
                .toList();
        List<Report.Mistake> worst = mistakes.stream().limit(MAX_EXAMPLES).toList();
        return new Report.Errors(mistakes.size(), worst, suspects, pairs(confusion), slices);
    }

    /** The most frequent confusions, at most 30. */
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

    /** The test set in quarters by length and in classes, those of at least 20 examples; {@code before} may know only some examples. */
    List<Report.Slice> slices(List<Example> test, TestSet truth, Outputs candidate, Outputs before) {
        List<Report.Slice> slices = new ArrayList<>();
        int[] byLength = IntStream.range(0, test.size())
                .boxed()
                .sorted(Comparator.comparingInt(i -> test.get(i).input().length()))
                .mapToInt(Integer::intValue)
                .toArray();
        for (int q = 0; q < LENGTH_SLICES; q++) {
            int from = byLength.length * q / LENGTH_SLICES;
            int to = byLength.length * (q + 1) / LENGTH_SLICES;
            if (to - from >= MIN_SLICE) {
                int shortest = test.get(byLength[from]).input().length();
                int longest = test.get(byLength[to - 1]).input().length();
                int[] members = java.util.Arrays.copyOfRange(byLength, from, to);
                slices.add(slice(shortest + " to " + longest + " characters", members, truth, candidate, before));
            }
        }
        for (int label = 0; label < labels.size(); label++) {
            int wanted = label;
            int[] members = IntStream.range(0, test.size())
                    .filter(i -> truth.truth()[i] == wanted)
                    .toArray();
            if (members.length >= MIN_SLICE) {
                slices.add(slice("label " + labels.get(label), members, truth, candidate, before));
            }
        }
        return slices;
    }

    private static Report.Slice slice(String name, int[] members, TestSet truth, Outputs candidate, Outputs before) {
        return new Report.Slice(
                name, members.length, accuracy(members, truth, candidate), accuracy(members, truth, before));
    }

    private static double accuracy(int[] members, TestSet truth, Outputs outputs) {
        return IntStream.of(members)
                        .filter(i -> outputs.decision(i) == truth.truth()[i])
                        .count()
                / (double) members.length;
    }

    private Report.Mistake mistake(Example example, double[] scores, int truth, int decision) {
        String text = example.input().toString();
        String shown = text.length() <= MAX_TEXT
                ? text
                : text.substring(
                                0,
                                text.offsetByCodePoints(0, Math.min(MAX_TEXT, text.codePointCount(0, text.length()))))
                        + " ...";
        return new Report.Mistake(
                example.id(), shown, example.label(), labels.get(decision), scores[decision], scores[truth]);
    }
}
