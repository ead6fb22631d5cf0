package dev.finetune.trainer.dataset;

import dev.finetune.api.Answer;
import dev.finetune.trainer.dataset.Splitter.Side;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/**
 * Gives every label a key on every side, as far as they go, where examples may have several labels. Moving all keys of a label, as is done where
 * each has one, would take other labels along; so single keys are moved, for the rarest labels first, and none from a side on which it is the
 * last of any of its labels. Only train takes such a one too: a label that train lacks cannot be learned at all.
 */
final class LabelSides {
    private final Map<String, Side> sides;
    private final ToDoubleFunction<String> bucket;
    private final Map<String, Set<String>> keys = new TreeMap<>();
    private final Map<String, Set<String>> labels = new HashMap<>();

    /**
     * The sides of a source.
     *
     * @param unit the key that an example is moved by
     * @param sides the side of each such key; changed by {@link #repair}
     * @param bucket what orders keys
     * @param answer what examples have: labels, or entities of types
     */
    LabelSides(
            List<Example> source,
            Function<Example, String> unit,
            Map<String, Side> sides,
            ToDoubleFunction<String> bucket,
            Answer answer) {
        this.sides = sides;
        this.bucket = bucket;
        for (Example example : source) {
            String key = unit.apply(example);
            for (String label : example.labels(answer)) {
                keys.computeIfAbsent(label, _ -> new HashSet<>()).add(key);
                labels.computeIfAbsent(key, _ -> new HashSet<>()).add(label);
            }
        }
    }

    /** Moves keys, and gives the labels that it moved some for. */
    List<String> repair(List<Side> wanted) {
        List<String> repaired = new ArrayList<>();
        Comparator<Map.Entry<String, Set<String>>> rarestFirst =
                Comparator.comparingInt(e -> e.getValue().size());
        keys.entrySet().stream().sorted(rarestFirst).forEach(entry -> {
            boolean moved = false;
            for (Side side : wanted) {
                if (count(entry.getKey(), side) == 0) {
                    Optional<String> found = candidate(entry.getValue(), side);
                    found.ifPresent(key -> sides.put(key, side));
                    moved |= found.isPresent();
                }
            }
            if (moved) {
                repaired.add("'" + entry.getKey() + "' (" + entry.getValue().size() + ")");
            }
        });
        return repaired;
    }

    /** The lowest bucket goes to test or validation, the highest to train: the nearest to where it would stand. */
    private Optional<String> candidate(Set<String> ofLabel, Side to) {
        Comparator<String> rising = Comparator.comparingDouble(bucket);
        List<String> others = ofLabel.stream()
                .filter(key -> sides.get(key) != to)
                .sorted(to == Side.TRAIN ? rising.reversed() : rising)
                .toList();
        Optional<String> spare = others.stream().filter(this::isSpare).findFirst();
        return to == Side.TRAIN ? spare.or(() -> others.stream().findFirst()) : spare;
    }

    /** Whether its side keeps another key of each of its labels. */
    private boolean isSpare(String key) {
        return labels.getOrDefault(key, Set.of()).stream().allMatch(label -> count(label, side(key)) > 1);
    }

    private Side side(String key) {
        return sides.getOrDefault(key, Side.TRAIN);
    }

    private long count(String label, Side side) {
        return keys.getOrDefault(label, Set.of()).stream()
                .filter(key -> sides.get(key) == side)
                .count();
    }
}
