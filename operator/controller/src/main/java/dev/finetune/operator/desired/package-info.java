/** Pure builders of child objects, and the decision that a reconciler hands to the client. */
@NullMarked
package dev.finetune.operator.desired;

import org.jspecify.annotations.NullMarked;
