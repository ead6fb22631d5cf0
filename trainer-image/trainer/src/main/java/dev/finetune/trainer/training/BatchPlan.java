package dev.finetune.trainer.training;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Random;

/**
 * The order of one epoch, a pure function of seed and epoch: take its examples, shuffle, sort by length inside windows of {@value #WINDOW} steps, cut
 * into steps, shuffle the steps. The last shuffle is not decoration: labels correlate with length, and steps that run from long to
 * short ruin the model (design/pipeline.md).
 */
final class BatchPlan {
    /** How many steps' worth of examples are sorted together. */
    static final int WINDOW = 20;

    private static final int COST = 128;

    private final int[] lengths;
    private final EpochExamples examples;
    private final int examplesPerStep;
    private final long seed;

    /** Plans over all examples with these lengths in tokens, each once. */
    BatchPlan(int[] lengths, int examplesPerStep, long seed) {
        this(lengths, EpochExamples.once(lengths.length), examplesPerStep, seed);
    }

    /** Plans over examples with these lengths in tokens; every step but an epoch's smallest has exactly that many examples. */
    BatchPlan(int[] lengths, EpochExamples examples, int examplesPerStep, long seed) {
        if (lengths.length == 0 || examplesPerStep < 1) {
            throw new IllegalArgumentException("a plan needs examples and a positive step size, got " + lengths.length
                    + " and " + examplesPerStep);
        }
        this.lengths = lengths.clone();
        this.examples = examples;
        this.examplesPerStep = examplesPerStep;
        this.seed = seed;
    }

    /** Optimizer steps of every epoch. */
    int stepsPerEpoch() {
        return Math.ceilDiv(examples.size(), examplesPerStep);
    }

    /** The examples of each step of that epoch (from 0). Inside a step they run from long to short. */
    List<int[]> epoch(int epoch) {
        Random random = new Random(Seeds.mix(seed, Seeds.ORDER, epoch));
        List<Integer> order = examples.of(epoch);
        Collections.shuffle(order, random);
        int window = WINDOW * examplesPerStep;
        List<int[]> steps = new ArrayList<>(stepsPerEpoch());
        for (int from = 0; from < order.size(); from += window) {
            List<Integer> sorted = order.subList(from, Math.min(order.size(), from + window));
            sorted.sort(Comparator.comparingInt((Integer i) -> -lengths[i]));
            for (int at = 0; at < sorted.size(); at += examplesPerStep) {
                steps.add(sorted.subList(at, Math.min(sorted.size(), at + examplesPerStep)).stream()
                        .mapToInt(Integer::intValue)
                        .toArray());
            }
        }
        Collections.shuffle(steps, random);
        return steps;
    }

    /**
     * Cuts a step, which runs from long to short, into micro-batches of at most that many examples and, padded, that many tokens; one
     * example always fits. Among those cuts it takes the one with the least padding, where every micro-batch costs as much as
     * {@value #COST} tokens of padding (gradients are added up once more).
     */
    List<int[]> microBatches(int[] step, MicroBatch limit) {
        long[] cost = new long[step.length + 1];
        int[] next = new int[step.length];
        for (int from = step.length - 1; from >= 0; from--) {
            long longest = lengths[step[from]];
            cost[from] = Long.MAX_VALUE;
            for (int size = 1; from + size <= step.length; size++) {
                if (size > 1 && (size > limit.examples() || longest * size > limit.tokens())) {
                    break;
                }
                long total = longest * size + COST + cost[from + size];
                if (total <= cost[from]) {
                    cost[from] = total;
                    next[from] = from + size;
                }
            }
        }
        List<int[]> cut = new ArrayList<>();
        for (int from = 0; from < step.length; from = next[from]) {
            cut.add(Arrays.copyOfRange(step, from, next[from]));
        }
        return cut;
    }

    /** Tokens in a batch that only pad: {@code longest x size - sum}. */
    long padding(int[] batch) {
        int longest = Arrays.stream(batch).map(i -> lengths[i]).max().orElse(0);
        return (long) longest * batch.length - tokens(batch);
    }

    /** Tokens in a batch that carry text. */
    long tokens(int[] batch) {
        return Arrays.stream(batch).mapToLong(i -> lengths[i]).sum();
    }
}
