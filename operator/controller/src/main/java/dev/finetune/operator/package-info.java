/** The operator process: configuration, wiring, start and stop. */
@NullMarked
package dev.finetune.operator;

import org.jspecify.annotations.NullMarked;
