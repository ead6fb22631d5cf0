/** The kinds of {@code finetune.dev/v1alpha1} as Java records. The YAML under {@code crds/} is their source of truth. */
@NullMarked
package dev.finetune.api;

import org.jspecify.annotations.NullMarked;
