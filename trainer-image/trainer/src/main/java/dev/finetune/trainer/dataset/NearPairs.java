package dev.finetune.trainer.dataset;

import dev.finetune.trainer.transform.TextInput;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Finds the inputs that are nearly the same, in time that grows with their number and not with its square. {@link MinHash} proposes,
 * {@link Shingles} decide, so that what is found never depends on a hash, only what is missed.
 *
 * <p>Memory: 150 bytes an input (a number for each band, and five more), 80 MiB at most for runs that are compared again, and 30 bytes a
 * pair. Where a great many inputs are alike, as those made from one template, each is compared with a few of them: enough to say so.
 */
final class NearPairs {
    /**
     * From which similarity two inputs are nearly the same: one word in ten changed, or two added to eight. It is a person's "the same,
     * but for ..."; a lower one begins to unite different questions about one thing.
     */
    static final double ALIKE = 0.7;

    /**
     * How many different runs an input needs, those of some 20 characters. From there on one changed character leaves it
     * {@link #ALIKE}; in shorter ones (an intent of four words) it makes another text, and only equal ones are told, by their keys.
     */
    static final int FEWEST_RUNS = 23;

    /** How many inputs before it in a band an input is compared with. */
    private static final int COMPARED = 20;

    /** How many inputs before it an input is paired with. */
    private static final int PAIRED = 16;

    private static final int RUNS_KEPT = 10 << 20;
    private static final int NONE = -1;

    private final List<TextInput> inputs;
    private final Map<Integer, Shingles> kept = new HashMap<>();
    private int runsKept;

    private NearPairs(List<TextInput> inputs) {
        this.inputs = inputs;
    }

    /** Two inputs by their indices, the smaller one first. */
    record Pair(int first, int second, double similarity) {}

    /** The pairs among different inputs, by their second and then as they were found. Another order may find others in large templates. */
    static List<Pair> among(List<TextInput> inputs) {
        return new NearPairs(inputs).find();
    }

    private List<Pair> find() {
        int[][] bands = new int[MinHash.BANDS][inputs.size()];
        int[] rows = new int[inputs.size()];
        int count = 0;
        for (int row = 0; row < inputs.size(); row++) {
            Shingles shingles = Shingles.of(inputs.get(row));
            if (shingles.size() >= FEWEST_RUNS) {
                rows[count++] = row;
                int[] hashes = MinHash.bands(shingles);
                for (int band = 0; band < bands.length; band++) {
                    bands[band][row] = hashes[band];
                }
            }
        }
        int[] compared = Arrays.copyOf(rows, count);
        for (int[] band : bands) {
            chain(band, compared);
        }
        List<Pair> pairs = new ArrayList<>();
        int[] seenBy = new int[inputs.size()];
        Arrays.fill(seenBy, NONE);
        for (int row : compared) {
            pair(row, bands, seenBy, pairs);
        }
        return pairs;
    }

    /** Puts in the place of each row's hash the row before it that has the same one, or {@link #NONE}. */
    private static void chain(int[] hashes, int[] rows) {
        long[] sorted = new long[rows.length];
        for (int i = 0; i < rows.length; i++) {
            sorted[i] = ((long) hashes[rows[i]] << Integer.SIZE) | rows[i];
        }
        Arrays.sort(sorted);
        for (int i = 0; i < sorted.length; i++) {
            boolean same = i > 0 && sorted[i] >> Integer.SIZE == sorted[i - 1] >> Integer.SIZE;
            hashes[(int) sorted[i]] = same ? (int) sorted[i - 1] : NONE;
        }
    }

    private void pair(int row, int[][] before, int[] seenBy, List<Pair> pairs) {
        int paired = 0;
        for (int[] band : before) {
            int other = band[row];
            for (int step = 0; step < COMPARED && other != NONE && paired < PAIRED; step++) {
                if (seenBy[other] != row) {
                    seenBy[other] = row;
                    double similarity = shingles(row).similarity(shingles(other));
                    if (similarity >= ALIKE) {
                        pairs.add(new Pair(other, row, similarity));
                        paired++;
                    }
                }
                other = band[other];
            }
        }
    }

    private Shingles shingles(int row) {
        Optional<Shingles> known = Optional.ofNullable(kept.get(row));
        if (known.isPresent()) {
            return known.get();
        }
        Shingles made = Shingles.of(inputs.get(row));
        if (runsKept + made.size() > RUNS_KEPT) {
            kept.clear();
            runsKept = 0;
        }
        kept.put(row, made);
        runsKept += made.size();
        return made;
    }
}
