/** Health, metrics and log keys. */
@NullMarked
package dev.finetune.operator.telemetry;

import org.jspecify.annotations.NullMarked;
