package dev.finetune.trainer.dataset;

import java.util.Arrays;

/**
 * Finds out without comparing them which inputs may be alike. Under a random order of all runs, two sets have the same least element
 * with a chance that is their Jaccard index (Broder, "On the resemblance and containment of documents", 1997). 160 such orders, cut
 * into 32 bands of 5: inputs are candidates where they agree in a whole band, which for an index of s has the chance 1 - (1 - s^5)^32:
 *
 * <pre>
 *   s       0.2   0.3   0.4   0.5   0.6   0.7    0.8
 *   chance  0.01  0.07  0.28  0.64  0.93  0.997  1
 * </pre>
 *
 * A candidate costs one exact comparison, so what is paid for finding all but 3 in 1,000 of those at {@link NearPairs#ALIKE} is a
 * comparison with some of those that are half alike.
 */
final class MinHash {
    /** How many bands there are. */
    static final int BANDS = 32;

    private static final int ROWS = 5;
    private static final int HASHES = BANDS * ROWS;

    /** Keeps a run of the second text of a pair apart from the same run of the first. */
    private static final long OF_PAIR = 0x632be59bd9b4e019L;

    // An order is that of a * x + b over hashed runs x, a odd. Fixed, so that a split is the same on every machine.
    private static final int[] FACTORS = new int[HASHES];
    private static final int[] OFFSETS = new int[HASHES];

    static {
        for (int i = 0; i < HASHES; i++) {
            FACTORS[i] = (int) Splitter.mix(2L * i) | 1;
            OFFSETS[i] = (int) Splitter.mix(2L * i + 1);
        }
    }

    private MinHash() {}

    /** A hash for each band: inputs that agree in one of them are candidates. */
    static int[] bands(Shingles shingles) {
        int[] least = new int[HASHES];
        Arrays.fill(least, Integer.MAX_VALUE);
        lower(least, shingles.text(), 0);
        lower(least, shingles.pair(), OF_PAIR);
        int[] bands = new int[BANDS];
        for (int band = 0; band < BANDS; band++) {
            long hash = band;
            for (int row = 0; row < ROWS; row++) {
                hash = Splitter.mix(hash ^ least[band * ROWS + row]);
            }
            bands[band] = (int) hash;
        }
        return bands;
    }

    /** The inner loop is plain arithmetic on arrays of int, which the compiler turns into vector instructions. */
    private static void lower(int[] least, long[] runs, long which) {
        for (long run : runs) {
            int hash = (int) Splitter.mix(run ^ which);
            for (int i = 0; i < HASHES; i++) {
                least[i] = Math.min(least[i], FACTORS[i] * hash + OFFSETS[i]);
            }
        }
    }
}
