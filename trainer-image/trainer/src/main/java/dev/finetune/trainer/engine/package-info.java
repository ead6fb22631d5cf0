/** The only package that touches DJL internals: tensors, missing operators, optimizer, seeds, safetensors. */
@NullMarked
package dev.finetune.trainer.engine;

import org.jspecify.annotations.NullMarked;
