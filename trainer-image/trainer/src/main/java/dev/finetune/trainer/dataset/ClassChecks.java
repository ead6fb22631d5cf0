package dev.finetune.trainer.dataset;

import dev.finetune.api.Answer;
import dev.finetune.api.CheckAction;
import dev.finetune.api.FailureClass;
import dev.finetune.api.run.StageException;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The label set of a job, frozen and sorted by code point, and what must hold for it; an example may have one label or several. */
final class ClassChecks {
    /** By code point: UTF-16 order would put emoji before some Chinese characters. */
    static final Comparator<String> BY_CODE_POINT = ClassChecks::compareByCodePoint;

    private ClassChecks() {}

    /**
     * The labels of train.
     *
     * @param removed what leakage took away, for the messages; empty when nothing was
     * @throws StageException InvalidData for fewer than two labels, or no type of entities, or when validation or test has a label that train lacks
     */
    static List<String> labels(Answer answer, Splits splits, String removed, Wording wording) {
        Map<String, Long> counts = counts(answer, splits.train());
        boolean ofTypes = answer == Answer.Tags;
        if (counts.size() < (ofTypes ? 1 : 2)) {
            throw new StageException(
                    FailureClass.InvalidData,
                    "The training data has "
                            + (ofTypes
                                    ? "no entity, only the tag O: at least one is needed"
                                    : (counts.isEmpty() ? "no label" : "only the label " + quoted(counts.keySet()))
                                            + ": at least two are needed")
                            + ". Check " + wording.labels(answer) + "." + removed);
        }
        refuseUnseen(answer, "validation", splits.validation(), counts.keySet(), removed);
        refuseUnseen(answer, "test", splits.test(), counts.keySet(), removed);
        return List.copyOf(counts.keySet());
    }

    /** Labels with too few examples, and labels that differ only in case or white space. */
    static void checkSizes(Answer answer, List<Example> source, CheckSettings checks, Findings findings) {
        Map<String, Long> counts = counts(answer, source);
        variants(counts.keySet(), findings);
        List<String> small = counts.entrySet().stream()
                .filter(e -> e.getValue() < checks.minExamplesPerClass())
                .map(e -> "'" + e.getKey() + "' (" + e.getValue() + ")")
                .toList();
        findings.report(
                "MinExamplesPerClass",
                CheckAction.Fail,
                small.size() + " of " + counts.size() + " labels have fewer than " + checks.minExamplesPerClass()
                        + " training examples (spec.dataset.checks.minExamplesPerClass)",
                small);
    }

    /** Classes that are too uneven. */
    static void checkRatio(Answer answer, List<Example> train, CheckSettings checks, Findings findings) {
        Map<String, Long> counts = counts(answer, train);
        Comparator<Map.Entry<String, Long>> bySize = Map.Entry.comparingByValue();
        Map.Entry<String, Long> largest = counts.entrySet().stream().max(bySize).orElseThrow();
        Map.Entry<String, Long> smallest =
                counts.entrySet().stream().min(bySize).orElseThrow();
        if (largest.getValue() > (long) checks.maxClassRatio() * smallest.getValue()) {
            findings.report(
                    "MaxClassRatio",
                    CheckAction.Warn,
                    smallest.getValue(),
                    "label '" + largest.getKey() + "' has " + largest.getValue() + " training examples and '"
                            + smallest.getKey()
                            + "' has " + smallest.getValue() + ": more than " + checks.maxClassRatio()
                            + " to 1. Judge by f1Macro or by class, accuracy hides the small one"
                            + (answer == Answer.Label
                                    ? "; spec.dataset.imbalance has training see it as often, or weigh it as much."
                                    : "."));
        }
    }

    static String quoted(Collection<String> labels) {
        String shown = labels.stream().limit(20).map(l -> "'" + l + "'").collect(Collectors.joining(", "));
        return labels.size() > 20 ? shown + " and " + (labels.size() - 20) + " more" : shown;
    }

    private static Map<String, Long> counts(Answer answer, List<Example> examples) {
        return examples.stream()
                .flatMap(e -> e.labels(answer).stream())
                .collect(Collectors.groupingBy(
                        Function.identity(), () -> new TreeMap<>(BY_CODE_POINT), Collectors.counting()));
    }

    private static void refuseUnseen(
            Answer answer, String split, List<Example> examples, Set<String> labels, String removed) {
        Map<String, List<Example>> unseen = new TreeMap<>(BY_CODE_POINT);
        for (Example example : examples) {
            for (String label : new TreeSet<>(example.labels(answer))) {
                if (!labels.contains(label)) {
                    unseen.computeIfAbsent(label, _ -> new ArrayList<>()).add(example);
                }
            }
        }
        if (!unseen.isEmpty()) {
            List<String> shown = unseen.entrySet().stream()
                    .map(e -> "'" + e.getKey() + "' in " + e.getValue().size() + " rows, the first "
                            + e.getValue().getFirst().id())
                    .toList();
            throw new StageException(
                    FailureClass.InvalidData,
                    split + " has labels that train lacks: " + Findings.shown(shown) + ". Train has " + quoted(labels)
                            + ". Add training examples of these labels, or remove the rows." + removed);
        }
    }

    private static void variants(Set<String> labels, Findings findings) {
        Map<String, List<String>> byForm = labels.stream()
                .collect(Collectors.groupingBy(
                        l -> Normalizer.normalize(l.strip(), Normalizer.Form.NFKC)
                                .toUpperCase(Locale.ROOT),
                        TreeMap::new,
                        Collectors.toList()));
        List<String> variants = byForm.values().stream()
                .filter(same -> same.size() > 1)
                .map(ClassChecks::quoted)
                .toList();
        findings.report(
                "LabelVariants",
                CheckAction.Warn,
                "labels that differ only in case or white space are different classes; write them alike if they are one",
                variants);
    }

    private static int compareByCodePoint(String a, String b) {
        int[] left = a.codePoints().toArray();
        int[] right = b.codePoints().toArray();
        return java.util.Arrays.compare(left, right);
    }
}
