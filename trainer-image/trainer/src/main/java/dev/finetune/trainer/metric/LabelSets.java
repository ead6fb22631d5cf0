package dev.finetune.trainer.metric;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Sets of labels by number, in the order in which they were first seen: so what is true of an example and what is decided about it are whole
 * numbers that are counted and drawn alike, whether it has one label or several. A set holds indices of labels, and {@link #others}
 * where a label outside of them is among it. All sets must be known before several threads read.
 */
public final class LabelSets implements Outcomes {
    private final int labels;
    private final Map<BitSet, Integer> numbers = new HashMap<>();
    private final List<BitSet> sets = new ArrayList<>();
    private final List<int[]> members = new ArrayList<>();

    /** Sets of that many labels. */
    public LabelSets(int labels) {
        this.labels = labels;
    }

    @Override
    public int labels() {
        return labels;
    }

    /** Right is an example whose whole set is. */
    @Override
    public void count(int truth, int decision, long examples, ClassCounts counts) {
        counts.addExamples(examples, truth == decision ? examples : 0);
        for (int label : members(truth)) {
            counts.addActual(label, examples);
        }
        for (int label : members(decision)) {
            counts.addPredicted(label, examples);
            if (has(truth, label)) {
                counts.addHit(label, examples);
            }
        }
    }

    @Override
    public boolean averagesWhatIsGiven() {
        return false;
    }

    /** What stands in a set for every label that is none of these. */
    public int others() {
        return labels;
    }

    /** The number of a set: the same for equal ones. */
    public int number(BitSet set) {
        Integer known = numbers.get(set);
        if (known != null) {
            return known;
        }
        BitSet own = (BitSet) set.clone();
        numbers.put(own, sets.size());
        sets.add(own);
        members.add(own.stream().toArray());
        return sets.size() - 1;
    }

    /** The number of a set given by the indices of its labels. */
    public int number(int... indices) {
        BitSet set = new BitSet(labels);
        for (int index : indices) {
            set.set(index);
        }
        return number(set);
    }

    /** The numbers of the sets of labels that reach the threshold, for each row of scores. */
    public int[] decisions(double[][] scores, double threshold) {
        int[] decisions = new int[scores.length];
        for (int i = 0; i < scores.length; i++) {
            decisions[i] = number(Decisions.above(scores[i], threshold));
        }
        return decisions;
    }

    /** Whether the set of that number holds the label. */
    public boolean has(int number, int label) {
        return sets.get(number).get(label);
    }

    /** The labels of the set of that number, in rising order. */
    int[] members(int number) {
        return members.get(number);
    }
}
