/** The command line: stages in a pod, the whole loop on a laptop. */
@NullMarked
package dev.finetune.trainer.cli;

import org.jspecify.annotations.NullMarked;
