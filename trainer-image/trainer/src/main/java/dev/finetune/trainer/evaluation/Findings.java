package dev.finetune.trainer.evaluation;

import dev.finetune.api.Verdict;
import java.util.ArrayList;
import java.util.List;

/** What was found about one rule, in order; together they give its verdict and the words for it. */
final class Findings {
    private static final int SHOWN = 3;

    private final List<String> failed = new ArrayList<>();
    private final List<String> passed = new ArrayList<>();
    private final List<String> skipped = new ArrayList<>();
    private final List<String> notJudged = new ArrayList<>();

    void add(boolean holds, String message) {
        (holds ? passed : failed).add(message);
    }

    void failed(String message) {
        failed.add(message);
    }

    void passed(String message) {
        passed.add(message);
    }

    void skipped(String reason) {
        skipped.add(reason);
    }

    /** A class that is too small or unknown: it is listed and does not fail. */
    void notJudged(String label) {
        notJudged.add(label);
    }

    Verdict verdict() {
        if (!failed.isEmpty()) {
            return Verdict.Failed;
        }
        if (!passed.isEmpty()) {
            return Verdict.Passed;
        }
        return skipped.isEmpty() ? Verdict.NotJudged : Verdict.Skipped;
    }

    /** What failed, else what held; then the classes that were not judged. */
    String message() {
        List<String> parts = new ArrayList<>();
        List<String> told = !failed.isEmpty() ? failed : !passed.isEmpty() ? passed : skipped;
        parts.addAll(shortened(told));
        if (!notJudged.isEmpty()) {
            parts.add("not judged: " + String.join(", ", shortened(notJudged)));
        }
        return String.join("; ", parts);
    }

    private static List<String> shortened(List<String> all) {
        if (all.size() <= SHOWN) {
            return all;
        }
        List<String> some = new ArrayList<>(all.subList(0, SHOWN));
        some.add("and " + (all.size() - SHOWN) + " more");
        return some;
    }
}
