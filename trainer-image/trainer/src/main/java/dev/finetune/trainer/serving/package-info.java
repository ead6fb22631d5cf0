/** The model server: Open Inference Protocol, batching, drain. */
@NullMarked
package dev.finetune.trainer.serving;

import org.jspecify.annotations.NullMarked;
