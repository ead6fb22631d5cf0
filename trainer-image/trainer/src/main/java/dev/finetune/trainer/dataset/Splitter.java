package dev.finetune.trainer.dataset;

import dev.finetune.api.Answer;
import dev.finetune.api.CheckAction;
import dev.finetune.api.DatasetSpec;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * Cuts test and validation out of one source. Every key has a bucket in [0, 1) that depends on the key and {@code splitSeed} alone;
 * the lowest buckets are test, the next validation. So an example keeps its side when rows are added, removed or reordered.
 * A class that would miss a side gets its nearest bucket moved there; where an example may have several labels, {@link LabelSides} does that.
 *
 * <p>Near duplicates have one bucket, that of their unit's key: a row that joins them moves them only where its key becomes the unit's.
 */
final class Splitter {
    /** The version of this algorithm, of {@link ExampleKey} and of {@link NearTexts}; it stands in plan and manifest. */
    static final int VERSION = 3;

    enum Side {
        TEST,
        VALIDATION,
        TRAIN
    }

    private final double testBelow;
    private final double validationBelow;
    private final long seed;
    private final UnaryOperator<String> unit;

    /** Fractions are 0 where a side has a source of its own; {@code validation} is of what test leaves. */
    Splitter(double test, double validation, long seed) {
        this(test, validation, seed, key -> key);
    }

    /** {@code unit} is the key whose bucket counts for a key: {@link NearTexts#unit}. */
    Splitter(double test, double validation, long seed, UnaryOperator<String> unit) {
        this.testBelow = test;
        this.validationBelow = test + validation * (1 - test);
        this.seed = seed;
        this.unit = unit;
    }

    /** The seed that a spec asks for. */
    static long seed(DatasetSpec spec) {
        return Objects.requireNonNullElse(spec.splitSeed(), 0L);
    }

    /** Splits within each label; numbers are one class. The buckets make the sides, whatever the labels are: these only repair them. */
    Splits split(List<Example> source, Answer answer, Findings findings) {
        Map<String, Side> sides = new HashMap<>();
        source.forEach(e -> sides.computeIfAbsent(unit(e), this::side));
        List<String> repaired = answer == Answer.Labels || answer == Answer.Tags
                ? new LabelSides(source, this::unit, sides, this::bucket, answer).repair(wanted())
                : repairClasses(source, answer, sides);
        findings.report(
                "SplitRepaired",
                CheckAction.Warn,
                repaired.size()
                        + " classes are so small that single examples were moved to give every split one (class, "
                        + findings.wording().input()
                        + "s that are not alike)",
                repaired);
        Map<Side, List<Example>> parts = source.stream().collect(Collectors.groupingBy(e -> sides.get(unit(e))));
        return new Splits(
                parts.getOrDefault(Side.TRAIN, List.of()),
                parts.getOrDefault(Side.VALIDATION, List.of()),
                parts.getOrDefault(Side.TEST, List.of()));
    }

    private List<String> repairClasses(List<Example> source, Answer answer, Map<String, Side> sides) {
        Function<Example, String> stratum = answer == Answer.Label ? Example::label : e -> "";
        Map<String, Set<String>> keysByLabel = source.stream()
                .collect(Collectors.groupingBy(
                        stratum, TreeMap::new, Collectors.mapping(this::unit, Collectors.toSet())));
        List<String> repaired = new ArrayList<>();
        keysByLabel.forEach((label, keys) -> {
            if (repair(
                    keys.stream()
                            .sorted(Comparator.comparingDouble(this::bucket))
                            .toList(),
                    sides)) {
                repaired.add("'" + label + "' (" + keys.size() + ")");
            }
        });
        return repaired;
    }

    /** The sides that are cut out of this source, the most needed first. */
    private List<Side> wanted() {
        List<Side> wanted = new ArrayList<>(List.of(Side.TRAIN));
        if (testBelow > 0) {
            wanted.add(Side.TEST);
        }
        if (validationBelow > testBelow) {
            wanted.add(Side.VALIDATION);
        }
        return wanted;
    }

    /**
     * Gives every side at least one of a class's keys, sorted by bucket, as far as they go: train first (a class without training
     * examples cannot be used at all), then test, then validation. True when anything moved.
     */
    private boolean repair(List<String> sorted, Map<String, Side> sides) {
        int test = (int) sorted.stream().filter(k -> sides.get(k) == Side.TEST).count();
        int validation = (int)
                sorted.stream().filter(k -> sides.get(k) == Side.VALIDATION).count();
        int train = sorted.size() - test - validation;
        int wantedTest = test;
        int wantedValidation = validation;
        if (train == 0) {
            wantedValidation -= validation > 0 ? 1 : 0;
            wantedTest -= validation > 0 ? 0 : 1;
        }
        int rest = sorted.size() - wantedTest - wantedValidation;
        if (testBelow > 0 && wantedTest == 0 && (rest > 1 || wantedValidation > 0)) {
            wantedTest = 1;
            wantedValidation -= rest > 1 ? 0 : 1;
            rest = sorted.size() - wantedTest - wantedValidation;
        }
        if (validationBelow > testBelow && wantedValidation == 0 && (rest > 1 || wantedTest > 1)) {
            wantedValidation = 1;
            wantedTest -= rest > 1 ? 0 : 1;
        }
        if (wantedTest == test && wantedValidation == validation) {
            return false;
        }
        for (int i = 0; i < sorted.size(); i++) {
            sides.put(
                    sorted.get(i),
                    i < wantedTest ? Side.TEST : i < wantedTest + wantedValidation ? Side.VALIDATION : Side.TRAIN);
        }
        return true;
    }

    private String unit(Example example) {
        return unit.apply(example.key());
    }

    private Side side(String key) {
        double bucket = bucket(key);
        return bucket < testBelow ? Side.TEST : bucket < validationBelow ? Side.VALIDATION : Side.TRAIN;
    }

    double bucket(String key) {
        return (mix(Long.parseUnsignedLong(key, 16) ^ mix(seed)) >>> 11) * 0x1p-53;
    }

    /** The finaliser of SplitMix64: every bit of the input moves every bit of the output. */
    static long mix(long value) {
        long z = value + 0x9e3779b97f4a7c15L;
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }
}
