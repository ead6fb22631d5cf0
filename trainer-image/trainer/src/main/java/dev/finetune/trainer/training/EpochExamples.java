package dev.finetune.trainer.training;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * The examples that an epoch takes, a pure function of seed and epoch: each of them once, or those of rare labels so often that every
 * label is seen as often as the most frequent one. An example then comes as often as all of its label can, and some of them, which are
 * drawn, once more.
 */
final class EpochExamples {
    /** How often an example comes in an epoch at most. */
    static final int MOST = 10;

    private final List<int[]> groups;
    private final long seed;
    private final int largest;

    private EpochExamples(List<int[]> groups, int largest, long seed) {
        this.groups = groups;
        this.largest = largest;
        this.seed = seed;
    }

    /** Each of so many examples once. */
    static EpochExamples once(int examples) {
        return new EpochExamples(List.of(IntStream.range(0, examples).toArray()), examples, 0);
    }

    /** Examples with these labels, class indices, in equal shares. */
    static EpochExamples balanced(int[] labels, int classes, long seed) {
        List<int[]> groups = IntStream.range(0, classes)
                .mapToObj(c -> IntStream.range(0, labels.length)
                        .filter(i -> labels[i] == c)
                        .toArray())
                .toList();
        int largest = groups.stream().mapToInt(g -> g.length).max().orElse(0);
        return new EpochExamples(groups, largest, seed);
    }

    /** How often the examples of a label come in an epoch, on average, where it has so many and the most frequent one so many. */
    static double times(long examples, long largest) {
        return (double) taken(examples, largest) / examples;
    }

    private static long taken(long examples, long largest) {
        return Math.min(largest, MOST * examples);
    }

    /** How many examples an epoch takes, where labels have so many. */
    static long size(long[] counts) {
        long largest = Arrays.stream(counts).max().orElse(0);
        return Arrays.stream(counts).map(n -> taken(n, largest)).sum();
    }

    /** How many every epoch takes. */
    int size() {
        return Math.toIntExact(size(groups.stream().mapToLong(g -> g.length).toArray()));
    }

    /** Those of that epoch (from 0), in no order that means anything. */
    List<Integer> of(int epoch) {
        List<Integer> taken = new ArrayList<>(size());
        for (int label = 0; label < groups.size(); label++) {
            int[] group = groups.get(label);
            int left = Math.toIntExact(taken(group.length, largest));
            for (; group.length > 0 && left >= group.length; left -= group.length) {
                IntStream.of(group).forEach(taken::add);
            }
            if (left > 0) {
                List<Integer> drawn =
                        new ArrayList<>(IntStream.of(group).boxed().toList());
                Collections.shuffle(drawn, new Random(Seeds.mix(seed, Seeds.REPEATS, epoch, label)));
                taken.addAll(drawn.subList(0, left));
            }
        }
        return taken;
    }
}
