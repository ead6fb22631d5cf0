package dev.finetune.trainer.evaluation;

import dev.finetune.api.Answer;
import dev.finetune.trainer.artifact.Report;
import dev.finetune.trainer.dataset.Example;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** What goes wrong. Examples are from validation: a test set that people read is no longer a test. */
abstract sealed class ErrorAnalysis permits LabelErrors, LabelSetErrors, TagErrors, NumberErrors {
    static final int MAX_PAIRS = 30;
    static final int MAX_EXAMPLES = 10;

    private static final int MAX_TEXT = 300;
    private static final int MIN_SLICE = 20;
    private static final int LENGTH_SLICES = 4;

    /** That of answers of a kind; the threshold is for several labels. */
    static ErrorAnalysis of(Answer answer, List<String> labels, double threshold) {
        return switch (answer) {
            case Label -> new LabelErrors(labels);
            case Labels -> new LabelSetErrors(labels, threshold);
            case Tags -> new TagErrors(labels);
            case Number -> new NumberErrors(labels.getFirst());
        };
    }

    /** The mistakes on validation, beside the given slices of test. */
    abstract Report.Errors errors(List<Example> validation, double[][] scores, List<Report.Slice> slices);

    /** The most frequent confusions, at most 30. */
    abstract List<Report.Pair> pairs(long[][] confusion);

    /** Parts of a test set by what is true, by name; those that are too small are left out later. */
    abstract Map<String, int[]> parts(TestSet truth);

    /** How good answers are on some examples. */
    abstract double value(int[] members, TestSet truth, Outputs outputs);

    /** The test set in quarters by length and in parts by what is true, those of at least 20 examples. */
    final List<Report.Slice> slices(List<Example> test, TestSet truth, Outputs candidate, Outputs before) {
        Map<String, int[]> parts = new LinkedHashMap<>(quarters(test));
        parts.putAll(parts(truth));
        List<Report.Slice> slices = new ArrayList<>();
        parts.forEach((name, members) -> {
            if (members.length >= MIN_SLICE) {
                slices.add(new Report.Slice(
                        name, members.length, value(members, truth, candidate), value(members, truth, before)));
            }
        });
        return slices;
    }

    private static Map<String, int[]> quarters(List<Example> test) {
        if (!test.isEmpty() && test.getFirst().image() != null) {
            return Map.of();
        }
        int[] byLength = IntStream.range(0, test.size())
                .boxed()
                .sorted(Comparator.comparingInt(i -> test.get(i).input().length()))
                .mapToInt(Integer::intValue)
                .toArray();
        Map<String, int[]> quarters = new LinkedHashMap<>();
        for (int q = 0; q < LENGTH_SLICES; q++) {
            int from = byLength.length * q / LENGTH_SLICES;
            int to = byLength.length * (q + 1) / LENGTH_SLICES;
            if (to - from >= MIN_SLICE) {
                int shortest = test.get(byLength[from]).input().length();
                int longest = test.get(byLength[to - 1]).input().length();
                quarters.put(shortest + " to " + longest + " characters", Arrays.copyOfRange(byLength, from, to));
            }
        }
        return quarters;
    }

    /** The input, cut where it is long; of an image nothing, {@link Thumbnails} show it. */
    static String shown(Example example) {
        if (example.image() != null) {
            return "";
        }
        String text = example.input().toString();
        return text.length() <= MAX_TEXT
                ? text
                : text.substring(
                                0,
                                text.offsetByCodePoints(0, Math.min(MAX_TEXT, text.codePointCount(0, text.length()))))
                        + " ...";
    }
}
