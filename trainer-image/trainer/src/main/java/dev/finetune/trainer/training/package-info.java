/** The training loop and what it needs: strategies, schedules, batches, checkpoints. */
@NullMarked
package dev.finetune.trainer.training;

import org.jspecify.annotations.NullMarked;
