/** From the state of Jobs, pods and events to a failure with advice. Values only. */
@NullMarked
package dev.finetune.operator.diagnosis;

import org.jspecify.annotations.NullMarked;
