/** Metrics, baselines, significance, gate, error analysis, and the evaluate stage. */
@NullMarked
package dev.finetune.trainer.evaluation;

import org.jspecify.annotations.NullMarked;
