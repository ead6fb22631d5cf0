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
 * Long texts of one language are a third alike, so most of their candidates are none. Those are told by counting in how many of the 160
 * orders both have the same least element, of which a byte is kept (Li and König, "b-bit minwise hashing", 2010): that costs a
 * hundredth of comparing all runs.
 *
 * @param bands a hash for each band: inputs that agree in one of them are candidates
 * @param sketch the lowest byte of the hash of the least element in each order, eight to a number
 */
record MinHash(int[] bands, long[] sketch) {
    /** How many bands there are. */
    static final int BANDS = 32;

    private static final int ROWS = 5;
    private static final int HASHES = BANDS * ROWS;

    /** Keeps a run of the second text of a pair apart from the same run of the first. */
    private static final long OF_PAIR = 0x632be59bd9b4e019L;

    /** Four standard deviations less than two inputs that are just alike agree in: 3 in 100,000 of these are lost. */
    private static final int FEWEST_EQUAL =
            (int) (HASHES * NearPairs.ALIKE - 4 * Math.sqrt(HASHES * NearPairs.ALIKE * (1 - NearPairs.ALIKE)));

    private static final long LOW_BITS = 0x7f7f7f7f7f7f7f7fL;

    // An order is that of a * x + b over hashed runs x, a odd. Fixed, so that a split is the same on every machine.
    private static final int[] FACTORS = new int[HASHES];
    private static final int[] OFFSETS = new int[HASHES];

    static {
        for (int i = 0; i < HASHES; i++) {
            FACTORS[i] = (int) Splitter.mix(2L * i) | 1;
            OFFSETS[i] = (int) Splitter.mix(2L * i + 1);
        }
    }

    static MinHash of(Shingles shingles) {
        int[] least = new int[HASHES];
        Arrays.fill(least, Integer.MAX_VALUE);
        lower(least, shingles.text(), 0);
        lower(least, shingles.pair(), OF_PAIR);
        int[] bands = new int[BANDS];
        long[] sketch = new long[HASHES / Long.BYTES];
        for (int band = 0; band < BANDS; band++) {
            long hash = band;
            for (int i = band * ROWS; i < (band + 1) * ROWS; i++) {
                hash = Splitter.mix(hash ^ least[i]);
                sketch[i / Long.BYTES] = (sketch[i / Long.BYTES] << Byte.SIZE) | (least[i] & 0xff);
            }
            bands[band] = (int) hash;
        }
        return new MinHash(bands, sketch);
    }

    /** Whether two inputs with these sketches can be alike, by all odds. */
    static boolean mayBeAlike(long[] sketch, long[] other) {
        int equal = 0;
        for (int i = 0; i < sketch.length; i++) {
            long different = sketch[i] ^ other[i];
            // Leaves the highest bit of each byte that is zero, and no other.
            equal += Long.bitCount(~(((different & LOW_BITS) + LOW_BITS) | different | LOW_BITS));
        }
        return equal >= FEWEST_EQUAL;
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
