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
 * <p>Memory: 320 bytes an input (a number for each band, a sketch, and three more), 80 MiB at most for runs that are compared again, and
 * 30 bytes a pair. Where a great many inputs are alike, as those made from one template, each is paired with a few of them: enough to
 * say so.
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
    private static final int COMPARED = 200;

    /** How many inputs before it an input is paired with. */
    private static final int PAIRED = 16;

    private static final int RUNS_KEPT = 10 << 20;
    private static final int NONE = -1;

    private final List<TextInput> inputs;
    private final long[][] sketches;
    private final List<Pair> pairs = new ArrayList<>();

    /** For each band and input the one before it that agrees in the band, or {@link #NONE}. */
    private final int[][] before;

    /** Which input an input was compared with last. */
    private final int[] comparedWith;

    private final Map<Integer, Shingles> kept = new HashMap<>();
    private int runsKept;

    private NearPairs(List<TextInput> inputs) {
        this.inputs = inputs;
        this.sketches = new long[inputs.size()][];
        this.before = new int[MinHash.BANDS][inputs.size()];
        this.comparedWith = new int[inputs.size()];
        Arrays.fill(comparedWith, NONE);
    }

    /** Two inputs by their indices, the smaller one first. */
    record Pair(int first, int second, double similarity) {}

    /** The pairs among different inputs, by their second and then as they were found. Another order may find others in large templates. */
    static List<Pair> among(List<TextInput> inputs) {
        return new NearPairs(inputs).find();
    }

    private List<Pair> find() {
        int[] rows = hash();
        for (int[] hashes : before) {
            chain(hashes, rows);
        }
        for (int row : rows) {
            pair(row);
        }
        return pairs;
    }

    /** Sketches the inputs that are long enough and puts their hashes where {@link #chain} takes them; gives these inputs. */
    private int[] hash() {
        int[] rows = new int[inputs.size()];
        int count = 0;
        for (int row = 0; row < rows.length; row++) {
            Shingles shingles = Shingles.of(inputs.get(row));
            if (shingles.size() >= FEWEST_RUNS) {
                MinHash hash = MinHash.of(shingles);
                sketches[row] = hash.sketch();
                for (int band = 0; band < MinHash.BANDS; band++) {
                    before[band][row] = hash.bands()[band];
                }
                rows[count++] = row;
            }
        }
        return Arrays.copyOf(rows, count);
    }

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

    private void pair(int row) {
        int paired = 0;
        for (int[] band : before) {
            int other = band[row];
            for (int step = 0; step < COMPARED && other != NONE && paired < PAIRED; step++) {
                if (comparedWith[other] != row) {
                    comparedWith[other] = row;
                    paired += compare(other, row) ? 1 : 0;
                }
                other = band[other];
            }
        }
    }

    private boolean compare(int first, int second) {
        if (!MinHash.mayBeAlike(sketches[first], sketches[second])) {
            return false;
        }
        double similarity = shingles(first).similarity(shingles(second));
        if (similarity >= ALIKE) {
            pairs.add(new Pair(first, second, similarity));
        }
        return similarity >= ALIKE;
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
