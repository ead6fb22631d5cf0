package dev.finetune.trainer.dataset;

import dev.finetune.api.CheckAction;
import dev.finetune.api.FailureClass;
import dev.finetune.api.Finding;
import dev.finetune.api.run.StageException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Collects what the checks find, in the order of the checks. A check whose action is Fail ends the stage. */
final class Findings {
    /** How many examples a message names. */
    static final int SHOWN = 5;

    private static final int MAX_MESSAGE = 1_000;
    private final List<Finding> findings = new ArrayList<>();
    private final Wording wording;

    /** About texts. */
    Findings() {
        this(Wording.TEXTS);
    }

    /** About examples that are called so. */
    Findings(Wording wording) {
        this.wording = wording;
    }

    /** What messages call the examples. */
    Wording wording() {
        return wording;
    }

    /**
     * Reports {@code examples.size()} examples.
     *
     * @param what a sentence without its end, to which up to five of the examples are added
     * @param examples each as a message names it
     */
    void report(String check, CheckAction action, String what, List<String> examples) {
        if (examples.isEmpty() || action == CheckAction.Ignore) {
            return;
        }
        report(check, action, examples.size(), what + ": " + shown(examples) + ".");
    }

    /** Reports a count with a whole message. */
    void report(String check, CheckAction action, long count, String message) {
        String cut = message.length() > MAX_MESSAGE ? message.substring(0, MAX_MESSAGE - 3) + "..." : message;
        if (action == CheckAction.Fail) {
            throw new StageException(FailureClass.InvalidData, cut);
        }
        findings.add(new Finding(check, action, count, cut));
    }

    /** The same of examples that were counted. */
    void report(String check, CheckAction action, String what, Counted examples) {
        if (examples.count() == 0 || action == CheckAction.Ignore) {
            return;
        }
        report(check, action, examples.count(), what + ": " + examples.shown() + ".");
    }

    /** Examples of which there may be more than memory has room to name, such as the rows of a file in another format. */
    static final class Counted {
        private final List<String> first = new ArrayList<>();
        private long count;

        void add(String example) {
            if (count++ < SHOWN) {
                first.add(example);
            }
        }

        long count() {
            return count;
        }

        private String shown() {
            return Findings.shown(first, count);
        }
    }

    /** What the first of these checks that removed anything removed, in its own words. */
    Optional<String> removedBy(String... checks) {
        return findings.stream()
                .filter(f -> f.action() == CheckAction.Remove)
                .filter(f -> Arrays.stream(checks).anyMatch(check -> check.equals(f.check())))
                .map(Finding::message)
                .findFirst();
    }

    List<Finding> all() {
        return List.copyOf(findings);
    }

    /** Up to five of them, and how many more there are. */
    static String shown(List<String> examples) {
        return shown(examples.subList(0, Math.min(SHOWN, examples.size())), examples.size());
    }

    private static String shown(List<String> first, long count) {
        return String.join("; ", first) + (count > SHOWN ? "; and " + (count - SHOWN) + " more" : "");
    }
}
