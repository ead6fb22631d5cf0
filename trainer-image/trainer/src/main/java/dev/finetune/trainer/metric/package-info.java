/** How good answers are: the metrics of each task, as their fields define them. */
@NullMarked
package dev.finetune.trainer.metric;

import org.jspecify.annotations.NullMarked;
