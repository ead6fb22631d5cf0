package dev.finetune.trainer.dataset;

import dev.finetune.api.CheckAction;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Texts that stand more than once in one source: the first row stays, and copies with another label are conflicts. */
final class Repeats {
    /** The tags of a long text would fill the message. */
    private static final int MAX_LABEL = 100;

    private Repeats() {}

    /** The source without what the checks remove. */
    static List<Example> check(String source, List<Example> examples, CheckSettings checks, Findings findings) {
        Map<String, Example> firsts = new HashMap<>();
        Set<String> conflicting = new HashSet<>();
        List<String> conflicts = new ArrayList<>();
        List<String> repeats = new ArrayList<>();
        Set<String> repeated = new HashSet<>();
        for (Example example : examples) {
            Example first = firsts.putIfAbsent(example.key(), example);
            if (first == null) {
                continue;
            }
            repeats.add(example.id() + " (as " + first.id() + ")");
            repeated.add(example.id());
            if (!first.label().equals(example.label()) && conflicting.add(example.key())) {
                conflicts.add(first.id() + " '" + shown(first) + "' and " + example.id() + " '" + shown(example) + "'");
            }
        }
        findings.report(
                "ConflictingLabels",
                checks.conflictingLabels(),
                source + ": " + conflicts.size() + " " + findings.wording().input() + "s occur with different labels",
                conflicts);
        findings.report(
                "Duplicates",
                checks.duplicates(),
                source + ": " + repeats.size() + " " + findings.wording().rows() + " repeat an earlier "
                        + findings.wording().input(),
                repeats);
        boolean dropConflicts = checks.conflictingLabels() == CheckAction.Remove;
        boolean dropRepeats = checks.duplicates() == CheckAction.Remove;
        return examples.stream()
                // Which of the labels is right cannot be known, so none of the copies stays.
                .filter(e -> !(dropConflicts && conflicting.contains(e.key())))
                .filter(e -> !(dropRepeats && repeated.contains(e.id())))
                .toList();
    }

    private static String shown(Example example) {
        String label = example.label();
        return label.length() > MAX_LABEL ? label.substring(0, MAX_LABEL) + "..." : label;
    }
}
