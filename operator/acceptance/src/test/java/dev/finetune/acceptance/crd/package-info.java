/** The kinds against a real API server. */
@NullMarked
package dev.finetune.acceptance.crd;

import org.jspecify.annotations.NullMarked;
