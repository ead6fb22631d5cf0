/** Preprocessing of inputs: one function for train, evaluate and serve. */
@NullMarked
package dev.finetune.trainer.transform;

import org.jspecify.annotations.NullMarked;
