package dev.finetune.trainer.dataset;

import dev.finetune.api.CheckAction;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Texts that stand in more than one split. They are removed from train, then from validation, never from test. */
final class Leakage {
    private Leakage() {}

    static Splits check(Splits splits, CheckAction action, Findings findings) {
        Map<String, Example> test = byKey(splits.test());
        Map<String, Example> validation = byKey(splits.validation());
        List<String> leaks = new ArrayList<>();
        List<Example> keptTrain = withoutShared(splits.train(), List.of(test, validation), leaks);
        List<Example> keptValidation = withoutShared(splits.validation(), List.of(test), leaks);
        findings.report("Leakage", action, leaks.size() + " examples also stand in another split", leaks);
        return action == CheckAction.Remove ? new Splits(keptTrain, keptValidation, splits.test()) : splits;
    }

    private static List<Example> withoutShared(
            List<Example> examples, List<Map<String, Example>> others, List<String> leaks) {
        List<Example> kept = new ArrayList<>();
        for (Example example : examples) {
            Example twin = others.stream()
                    .filter(o -> o.containsKey(example.key()))
                    .findFirst()
                    .map(o -> o.get(example.key()))
                    .orElse(null);
            if (twin == null) {
                kept.add(example);
            } else {
                leaks.add(example.id() + " (as " + twin.id() + ")");
            }
        }
        return kept;
    }

    private static Map<String, Example> byKey(List<Example> examples) {
        Map<String, Example> byKey = new HashMap<>();
        examples.forEach(e -> byKey.putIfAbsent(e.key(), e));
        return byKey;
    }
}
