/** Writing to and removing from volumes: durable, whole or not at all, with failures that name the volume. */
@NullMarked
package dev.finetune.trainer.storage;

import org.jspecify.annotations.NullMarked;
