/** The prepare stage: sources in, verified model and checked splits out. */
@NullMarked
package dev.finetune.trainer.prepare;

import org.jspecify.annotations.NullMarked;
