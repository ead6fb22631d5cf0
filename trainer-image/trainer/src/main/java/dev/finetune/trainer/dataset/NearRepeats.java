package dev.finetune.trainer.dataset;

import dev.finetune.api.CheckAction;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Rows of one source that nearly repeat an earlier one. The first row stays, as of equal texts; each that goes has a twin that stays, so
 * that a chain of small changes leaves more than its beginning.
 */
final class NearRepeats {
    private NearRepeats() {}

    /** The source without what the check removes. */
    static List<Example> check(
            String source, List<Example> examples, NearTexts near, CheckAction action, Findings findings) {
        Map<String, Example> firsts = new HashMap<>();
        List<Example> kept = new ArrayList<>();
        List<String> repeats = new ArrayList<>();
        for (Example example : examples) {
            Optional<String> twin = near.twin(example, firsts);
            if (twin.isPresent()) {
                repeats.add(example.id() + " (as " + twin.get() + ")");
            } else {
                firsts.putIfAbsent(example.key(), example);
                kept.add(example);
            }
        }
        findings.report(
                "NearDuplicates",
                action,
                source + ": " + repeats.size()
                        + " " + findings.wording().rows() + " nearly repeat an earlier "
                        + findings.wording().input() + "; if they are copies, keep one of each"
                        + " (spec.dataset.checks.nearDuplicates)",
                repeats);
        return action == CheckAction.Remove ? kept : examples;
    }
}
