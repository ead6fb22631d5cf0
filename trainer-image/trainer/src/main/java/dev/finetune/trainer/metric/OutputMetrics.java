package dev.finetune.trainer.metric;

import dev.finetune.api.Metric;

/** The metrics that need a model's outputs, for any weights of the examples. */
public interface OutputMetrics {
    /** The metric with every example counted as often as its weight says; NaN where it does not exist. */
    double value(Metric metric, int[] weights);
}
