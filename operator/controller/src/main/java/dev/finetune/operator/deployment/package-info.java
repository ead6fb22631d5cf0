/** ModelDeployment: observe, decide, apply. Decider and status builder see values only. */
@NullMarked
package dev.finetune.operator.deployment;

import org.jspecify.annotations.NullMarked;
