/** FineTuneJob: observe, decide, apply. Decider and status builder see values only. */
@NullMarked
package dev.finetune.operator.job;

import org.jspecify.annotations.NullMarked;
