package dev.finetune.trainer.evaluation;

import dev.finetune.api.Metric;
import dev.finetune.trainer.metric.ClassCounts;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** One number of a model on a test set: a metric, or a per-class metric of one class ({@code label} is -1 for the others). */
record Statistic(Metric metric, int label) {
    private static final int NO_LABEL = -1;

    static Statistic of(Metric metric) {
        return new Statistic(metric, NO_LABEL);
    }

    /** The numbers that a metric consists of: one, or one for each class. */
    static List<Statistic> allOf(Metric metric, int classes) {
        return metric.perClass()
                ? IntStream.range(0, classes)
                        .mapToObj(label -> new Statistic(metric, label))
                        .toList()
                : List.of(of(metric));
    }

    static List<Statistic> allOf(Iterable<Metric> metrics, int classes) {
        Stream.Builder<Statistic> all = Stream.builder();
        metrics.forEach(metric -> allOf(metric, classes).forEach(all));
        return all.build().distinct().toList();
    }

    double of(ClassCounts counts, int positive) {
        return metric.perClass() ? counts.perClass(metric, label) : counts.value(metric, positive);
    }
}
