/** The only package that talks to the API server. */
@NullMarked
package dev.finetune.operator.kube;

import org.jspecify.annotations.NullMarked;
