package dev.finetune.operator.desired;

import dev.finetune.api.Condition;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The conditions of a status, as an immutable value. A transition time moves only when the status of its condition does. */
public final class Conditions {
    /** Status: it holds. */
    public static final String TRUE = "True";

    /** Status: it does not hold. */
    public static final String FALSE = "False";

    /** Status: not known yet. */
    public static final String UNKNOWN = "Unknown";

    private static final int MESSAGE = 4096;

    private final Map<String, Condition> byType;
    private final Instant now;
    private final long generation;

    private Conditions(Map<String, Condition> byType, Instant now, long generation) {
        this.byType = byType;
        this.now = now;
        this.generation = generation;
    }

    /** The conditions of an observed status, as seen at {@code now} for a spec of that generation. */
    public static Conditions of(@Nullable List<Condition> observed, Instant now, @Nullable Long generation) {
        Map<String, Condition> byType = new LinkedHashMap<>();
        if (observed != null) {
            observed.stream().filter(c -> c != null && c.type() != null).forEach(c -> byType.put(c.type(), c));
        }
        return new Conditions(byType, now, generation == null ? 0 : generation);
    }

    /** These with one changed or added. */
    public Conditions with(String type, String status, String reason, String message) {
        Condition old = byType.get(type);
        String since = old != null && status.equals(old.status()) && old.lastTransitionTime() != null
                ? old.lastTransitionTime()
                : Times.write(now);
        Map<String, Condition> changed = new LinkedHashMap<>(byType);
        changed.put(type, new Condition(type, status, reason, cut(message), generation, since));
        return new Conditions(changed, now, generation);
    }

    /** The condition of that type. */
    public Optional<Condition> get(String type) {
        return Optional.ofNullable(byType.get(type));
    }

    /** Whether the condition of that type is True. */
    public boolean isTrue(String type) {
        return get(type).filter(c -> TRUE.equals(c.status())).isPresent();
    }

    /** The reason of the condition of that type; empty where there is none. */
    public String reason(String type) {
        return get(type).map(c -> Objects.requireNonNullElse(c.reason(), "")).orElse("");
    }

    /** The message of the condition of that type; empty where there is none. */
    public String message(String type) {
        return get(type).map(c -> Objects.requireNonNullElse(c.message(), "")).orElse("");
    }

    /** All of them about the present generation, in the order of {@code types}; types that are not listed are left out. */
    public List<Condition> list(List<String> types) {
        List<Condition> list = new ArrayList<>();
        for (String type : types) {
            get(type)
                    .map(c -> new Condition(
                            c.type(), c.status(), c.reason(), c.message(), generation, c.lastTransitionTime()))
                    .ifPresent(list::add);
        }
        return list;
    }

    private static String cut(String message) {
        return message.length() <= MESSAGE ? message : message.substring(0, MESSAGE - 1) + "…";
    }
}
