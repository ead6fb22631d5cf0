package dev.finetune.trainer.dataset.image;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/**
 * Finds, for every image, the first earlier one that looks like it. Hashes that differ in at most 7 of 64 bits agree in one of eight
 * bytes, so only images that share a byte at one place are compared; a bucket is searched up to a limit, or a set of a million blank
 * scans would take days.
 */
final class NearDuplicates {
    private static final int BANDS = Long.BYTES;
    private static final int MAX_COMPARED = 2_000;

    private final List<Fingerprint> seen = new ArrayList<>();
    private final List<Map<Byte, List<Integer>>> bands = new ArrayList<>();

    NearDuplicates() {
        for (int i = 0; i < BANDS; i++) {
            bands.add(new HashMap<>());
        }
    }

    /** The index of the first of those added before that looks like this one; then adds it. */
    OptionalInt add(Fingerprint fingerprint) {
        int first = Integer.MAX_VALUE;
        for (int band = 0; band < BANDS; band++) {
            List<Integer> bucket = bucket(band, fingerprint);
            for (int i = 0; i < Math.min(bucket.size(), MAX_COMPARED); i++) {
                int candidate = bucket.get(i);
                if (candidate < first && seen.get(candidate).looksLike(fingerprint)) {
                    first = candidate;
                }
            }
        }
        int index = seen.size();
        seen.add(fingerprint);
        for (int band = 0; band < BANDS; band++) {
            bucket(band, fingerprint).add(index);
        }
        return first == Integer.MAX_VALUE ? OptionalInt.empty() : OptionalInt.of(first);
    }

    private List<Integer> bucket(int band, Fingerprint fingerprint) {
        return bands.get(band).computeIfAbsent((byte) (fingerprint.hash() >>> (8 * band)), b -> new ArrayList<>());
    }
}
