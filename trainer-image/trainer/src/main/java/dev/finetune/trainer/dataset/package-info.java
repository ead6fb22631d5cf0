/** Formats, columns, keys, splits, checks, and the prepare stage that ties them together. */
@NullMarked
package dev.finetune.trainer.dataset;

import org.jspecify.annotations.NullMarked;
