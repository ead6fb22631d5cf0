package dev.finetune.trainer.training;

import dev.finetune.api.DatasetSpec;
import dev.finetune.api.FineTuneJobSpec;
import dev.finetune.api.Imbalance;
import dev.finetune.trainer.dataset.Example;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.IntToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * What is done about labels of unequal frequency in train: weights n / (k n_c) of scikit-learn's "balanced", for n examples, k labels and
 * n_c examples of one; or more examples of rare labels in an epoch ({@link EpochExamples}); or nothing.
 *
 * @param train the label of each training example, as an index
 */
public record ClassBalance(Imbalance imbalance, List<String> labels, int[] train) {
    private static final int NAMED = 10;

    /** What a spec asks for. */
    public static Imbalance asked(FineTuneJobSpec spec) {
        return Optional.ofNullable(spec.dataset()).map(DatasetSpec::imbalance).orElse(Imbalance.None);
    }

    /** How many examples an epoch of training takes. */
    public static long examplesPerEpoch(FineTuneJobSpec spec, List<Example> train) {
        return asked(spec) != Imbalance.Oversample
                ? train.size()
                : EpochExamples.size(
                        train.stream()
                                .collect(Collectors.groupingBy(Example::label, Collectors.counting()))
                                .values()
                                .stream()
                                .mapToLong(Long::longValue)
                                .toArray());
    }

    /** How much the loss of an example with each label counts, where not all count the same. */
    Optional<List<Float>> weights() {
        if (imbalance != Imbalance.ClassWeights) {
            return Optional.empty();
        }
        long[] counts = counts();
        return Optional.of(Arrays.stream(counts)
                .mapToObj(n -> (float) (train.length / ((double) labels.size() * Math.max(1, n))))
                .toList());
    }

    /** What an epoch takes. */
    EpochExamples epochs(long seed) {
        return imbalance == Imbalance.Oversample
                ? EpochExamples.balanced(train, labels.size(), seed)
                : EpochExamples.once(train.length);
    }

    /** What is done in words, where anything is. */
    Optional<String> described() {
        long[] counts = counts();
        return switch (imbalance) {
            case None -> Optional.empty();
            case ClassWeights -> {
                List<Float> weights = weights().orElseThrow();
                yield Optional.of("ClassWeights: " + named(weights::get, ""));
            }
            case Oversample -> {
                long largest = Arrays.stream(counts).max().orElse(0);
                boolean capped = Arrays.stream(counts).anyMatch(n -> n * EpochExamples.MOST < largest);
                yield Optional.of("Oversample: " + EpochExamples.size(counts) + " examples an epoch instead of "
                        + train.length + ", each "
                        + named(c -> EpochExamples.times(Math.max(1, counts[c]), largest), " times")
                        + (capped ? "; at most " + EpochExamples.MOST + " times, so some labels stay rarer" : ""));
            }
        };
    }

    /** The labels with their numbers, the largest first. */
    private String named(IntToDoubleFunction number, String unit) {
        List<Integer> order = IntStream.range(0, labels.size())
                .boxed()
                .sorted(Comparator.comparingDouble((Integer c) -> -number.applyAsDouble(c)))
                .toList();
        Function<Integer, String> one =
                c -> labels.get(c) + " " + String.format(Locale.ROOT, "%.3g", number.applyAsDouble(c)) + unit;
        if (order.size() <= NAMED) {
            return order.stream().map(one).collect(Collectors.joining(", "));
        }
        return order.stream().limit(NAMED - 1).map(one).collect(Collectors.joining(", ")) + ", down to "
                + one.apply(order.getLast());
    }

    private long[] counts() {
        long[] counts = new long[labels.size()];
        for (int label : train) {
            counts[label]++;
        }
        return counts;
    }
}
