/** Architectures with Hugging Face parameter names, and what predicts with them. */
@NullMarked
package dev.finetune.trainer.model;

import org.jspecify.annotations.NullMarked;
