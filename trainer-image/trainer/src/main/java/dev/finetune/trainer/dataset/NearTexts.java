package dev.finetune.trainer.dataset;

import dev.finetune.trainer.dataset.image.Fingerprint;
import dev.finetune.trainer.dataset.image.NearDuplicates;
import dev.finetune.trainer.transform.TextInput;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Which texts, or images, of a data set are nearly the same. Found among keys and in their order, so the order of the rows changes nothing.
 *
 * <p>In a split near duplicates are one unit, their cluster, or the copy in test would be known from train. When a test set is
 * resampled they are not: its unit stays the group of equal texts. What that costs is known: it makes intervals too narrow by the root
 * of 1 + r (sum of m^2 / n - 1) for clusters of m among n examples, whose errors correlate by r. At the worst, r = 1, that is 1 to 3 %
 * on the test sets of sms-spam, banking77 and clinc150. Clusters as units would take more: a test set of templates, where each slot is a
 * question of its own, would lose nearly all of its examples, and how many would hang on a threshold. The finding says how many there
 * are.
 */
final class NearTexts {
    private static final int MOST_IN_CLUSTER = 64;
    private static final int FEWEST_CLUSTERS = 32;

    private final Map<String, List<Twin>> twins;
    private final Map<String, String> units;

    private NearTexts(Map<String, List<Twin>> twins, Map<String, String> units) {
        this.twins = twins;
        this.units = units;
    }

    private record Twin(String key, double similarity) {}

    /** Compares the examples; those of equal keys are one text. */
    static NearTexts among(List<Example> examples) {
        Map<String, TextInput> texts = new TreeMap<>();
        examples.forEach(e -> texts.putIfAbsent(e.key(), e.input()));
        List<String> keys = List.copyOf(texts.keySet());
        return of(keys, NearPairs.among(List.copyOf(texts.values())));
    }

    /** Compares images by what they look like, known by their keys; those of equal keys are one image. */
    static NearTexts amongImages(List<Example> examples, Map<String, Fingerprint> looks) {
        List<String> keys =
                examples.stream().map(Example::key).distinct().sorted().toList();
        List<Fingerprint> images = keys.stream()
                .map(key -> Objects.requireNonNull(looks.get(key), key))
                .toList();
        return of(
                keys,
                NearDuplicates.pairs(images).stream()
                        .map(p -> new NearPairs.Pair(p.first(), p.second(), p.similarity()))
                        .toList());
    }

    private static NearTexts of(List<String> keys, List<NearPairs.Pair> pairs) {
        Map<String, List<Twin>> twins = new HashMap<>();
        for (NearPairs.Pair pair : pairs) {
            String first = keys.get(pair.first());
            String second = keys.get(pair.second());
            twins.computeIfAbsent(first, k -> new ArrayList<>()).add(new Twin(second, pair.similarity()));
            twins.computeIfAbsent(second, k -> new ArrayList<>()).add(new Twin(first, pair.similarity()));
        }
        return new NearTexts(twins, units(keys, pairs));
    }

    /** Nothing is like anything else: what holds where the check is off. */
    static NearTexts none() {
        return new NearTexts(Map.of(), Map.of());
    }

    /**
     * What must stay on one side of a split with that key: the least key of its cluster, or itself.
     */
    String unit(String key) {
        return units.getOrDefault(key, key);
    }

    /**
     * How the text most like that example's is named, among some: {@code test.csv:7, 84 % alike}.
     *
     * @param others by key
     */
    Optional<String> twin(Example example, Map<String, Example> others) {
        return twins.getOrDefault(example.key(), List.of()).stream()
                .filter(t -> others.containsKey(t.key()))
                .max(Comparator.comparingDouble(Twin::similarity))
                .flatMap(t -> Optional.ofNullable(others.get(t.key()))
                        .map(o -> o.id() + ", " + (int) (100 * t.similarity()) + " % alike"));
    }

    private static Map<String, String> units(List<String> keys, List<NearPairs.Pair> pairs) {
        Clusters clusters = new Clusters(keys.size(), largest(keys.size()));
        pairs.stream()
                .sorted(Comparator.comparingDouble(NearPairs.Pair::similarity)
                        .reversed()
                        .thenComparingInt(NearPairs.Pair::first)
                        .thenComparingInt(NearPairs.Pair::second))
                .forEach(p -> clusters.join(p.first(), p.second()));
        Map<String, String> units = new HashMap<>();
        for (int i = 0; i < keys.size(); i++) {
            int representative = clusters.representative(i);
            if (representative != i) {
                units.put(keys.get(i), keys.get(representative));
            }
        }
        return units;
    }

    /**
     * How large a cluster may be among so many texts: a 32nd of them, so that a side of a tenth is made of several, and never more than
     * 64. In powers of two, so that it moves only when the data doubles, and with it only clusters that are full.
     */
    static int largest(int texts) {
        return Math.clamp(Integer.highestOneBit(texts / FEWEST_CLUSTERS), 2, MOST_IN_CLUSTER);
    }
}
