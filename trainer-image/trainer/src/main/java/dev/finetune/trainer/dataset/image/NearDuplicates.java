package dev.finetune.trainer.dataset.image;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.OptionalInt;
import java.util.TreeSet;

/**
 * Finds, for every image, the first earlier one that looks like it. Hashes that differ in at most 7 of 64 bits agree in one of eight
 * bytes, so only images are compared of which a view shares a byte with one of the other's at one place; a bucket is searched up to a limit, or
 * a set of a million blank scans would take days.
 */
public final class NearDuplicates {
    private static final int BANDS = Long.BYTES;
    private static final int MAX_COMPARED = 4_000;

    /** How many images before it an image is paired with: enough to say so where a great many are alike. */
    private static final int PAIRED = 16;

    private final List<Fingerprint> seen = new ArrayList<>();
    private final List<Map<Byte, List<Integer>>> bands = new ArrayList<>();

    /** Two images by their indices, the smaller one first. */
    public record Pair(int first, int second, double similarity) {}

    /** The pairs among images that look alike, by their second, each image with at most {@value #PAIRED} before it. */
    public static List<Pair> pairs(List<Fingerprint> images) {
        NearDuplicates near = new NearDuplicates();
        List<Pair> pairs = new ArrayList<>();
        for (Fingerprint image : images) {
            int second = near.seen.size();
            near.alike(image).stream()
                    .limit(PAIRED)
                    .forEach(first -> pairs.add(
                            new Pair(first, second, near.seen.get(first).similarity(image))));
            near.remember(image);
        }
        return pairs;
    }

    NearDuplicates() {
        for (int i = 0; i < BANDS; i++) {
            bands.add(new HashMap<>());
        }
    }

    /** The index of the first of those added before that looks like this one; then adds it. */
    OptionalInt add(Fingerprint fingerprint) {
        NavigableSet<Integer> alike = alike(fingerprint);
        remember(fingerprint);
        return alike.isEmpty() ? OptionalInt.empty() : OptionalInt.of(alike.first());
    }

    private NavigableSet<Integer> alike(Fingerprint fingerprint) {
        NavigableSet<Integer> alike = new TreeSet<>();
        for (List<Integer> bucket : buckets(fingerprint)) {
            for (int candidate : bucket.subList(0, Math.min(bucket.size(), MAX_COMPARED))) {
                if (!alike.contains(candidate) && seen.get(candidate).looksLike(fingerprint)) {
                    alike.add(candidate);
                }
            }
        }
        return alike;
    }

    private void remember(Fingerprint fingerprint) {
        int index = seen.size();
        seen.add(fingerprint);
        buckets(fingerprint).forEach(bucket -> bucket.add(index));
    }

    /** For each band that of the whole image, and that without its margin where it is another one. */
    private List<List<Integer>> buckets(Fingerprint fingerprint) {
        List<List<Integer>> buckets = new ArrayList<>();
        for (int band = 0; band < BANDS; band++) {
            byte whole = (byte) (fingerprint.whole().hash() >>> (8 * band));
            byte inner = (byte) (fingerprint.inner().hash() >>> (8 * band));
            buckets.add(bucket(band, whole));
            if (inner != whole) {
                buckets.add(bucket(band, inner));
            }
        }
        return buckets;
    }

    private List<Integer> bucket(int band, byte value) {
        return bands.get(band).computeIfAbsent(value, b -> new ArrayList<>());
    }
}
