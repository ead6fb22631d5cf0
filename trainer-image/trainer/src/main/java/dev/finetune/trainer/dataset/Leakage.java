package dev.finetune.trainer.dataset;

import dev.finetune.api.CheckAction;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;

/** Texts that stand in more than one split. They are removed from train, then from validation, never from test. */
final class Leakage {
    private final BiFunction<Example, Map<String, Example>, Optional<String>> twin;
    private final List<String> leaks = new ArrayList<>();

    /** {@code twin} names the one of some examples, by key, that leaks into a split with an example. */
    private Leakage(BiFunction<Example, Map<String, Example>, Optional<String>> twin) {
        this.twin = twin;
    }

    /** Equal texts. */
    static Splits check(Splits splits, CheckAction action, Findings findings) {
        Leakage equal = new Leakage(
                (e, others) -> Optional.ofNullable(others.get(e.key())).map(Example::id));
        Splits clean = equal.without(splits);
        findings.report("Leakage", action, equal.leaks.size() + " examples also stand in another split", equal.leaks);
        return action == CheckAction.Remove ? clean : splits;
    }

    /** Texts that are nearly the same. */
    static Splits checkNear(Splits splits, NearTexts texts, CheckAction action, Findings findings) {
        Leakage near = new Leakage(texts::twin);
        Splits clean = near.without(splits);
        findings.report(
                "NearLeakage",
                action,
                near.leaks.size()
                        + " examples nearly repeat " + findings.wording().anInput()
                        + " of another split, which flatters the model; take them out of"
                        + " train (spec.dataset.checks.nearDuplicates)",
                near.leaks);
        return action == CheckAction.Remove ? clean : splits;
    }

    private Splits without(Splits splits) {
        Map<String, Example> test = byKey(splits.test());
        Map<String, Example> validation = byKey(splits.validation());
        List<Example> train = withoutShared(splits.train(), List.of(test, validation));
        return new Splits(train, withoutShared(splits.validation(), List.of(test)), splits.test());
    }

    private List<Example> withoutShared(List<Example> examples, List<Map<String, Example>> others) {
        List<Example> kept = new ArrayList<>();
        for (Example example : examples) {
            Optional<String> found = others.stream()
                    .map(o -> twin.apply(example, o))
                    .flatMap(Optional::stream)
                    .findFirst();
            if (found.isPresent()) {
                leaks.add(example.id() + " (as " + found.get() + ")");
            } else {
                kept.add(example);
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
