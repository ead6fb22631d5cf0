package dev.finetune.operator.job;

import dev.finetune.api.DatasetStatus;
import dev.finetune.api.Failure;
import dev.finetune.api.Finding;
import dev.finetune.api.RuleResult;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What the schema of the status takes at most: a pod that says more must not keep the status from being written. */
final class Limits {
    private static final int ITEMS = 64;
    private static final int TEXT = 1024;
    /** Of a failure, which as a whole is to stay below 4 KiB. */
    private static final int FAILURE_TEXT = 1500;

    private Limits() {}

    static List<Finding> findings(@Nullable List<Finding> findings) {
        return orEmpty(findings).stream()
                .limit(ITEMS)
                .map(f -> new Finding(f.check(), f.action(), f.count(), cut(f.message())))
                .toList();
    }

    static List<RuleResult> rules(@Nullable List<RuleResult> rules) {
        return distinct(rules, RuleResult::name).stream()
                .map(r -> new RuleResult(r.name(), r.verdict(), cut(r.message())))
                .toList();
    }

    /** The first item of each key; lists that are maps to the API server may not name one twice. */
    static <T> List<T> distinct(@Nullable List<T> items, Function<T, @Nullable Object> key) {
        Map<Object, T> byKey = new LinkedHashMap<>();
        for (T item : orEmpty(items)) {
            Object k = key.apply(item);
            if (k != null && byKey.size() < ITEMS) {
                byKey.putIfAbsent(k, item);
            }
        }
        return List.copyOf(byKey.values());
    }

    /** The API server's own refusals are as long as what it refuses. */
    static @Nullable Failure failure(@Nullable Failure failure) {
        return failure == null
                ? null
                : new Failure(
                        failure.type(),
                        cut(failure.message(), FAILURE_TEXT),
                        failure.advice(),
                        failure.stage(),
                        failure.exitCode(),
                        failure.logTail());
    }

    static DatasetStatus uses(DatasetStatus data, int uses) {
        return new DatasetStatus(
                data.digest(), data.testDigest(), uses, data.train(), data.validation(), data.test(), data.findings());
    }

    private static <T> Collection<T> orEmpty(@Nullable List<T> items) {
        return items == null
                ? List.of()
                : items.stream().filter(Objects::nonNull).toList();
    }

    private static @Nullable String cut(@Nullable String text) {
        return cut(text, TEXT);
    }

    private static @Nullable String cut(@Nullable String text, int limit) {
        return text == null || text.length() <= limit ? text : text.substring(0, limit - 1) + "…";
    }
}
