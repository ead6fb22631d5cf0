/** The contract between operator and pods: plans in, stage results, progress and reports out. */
@NullMarked
package dev.finetune.api.run;

import org.jspecify.annotations.NullMarked;
