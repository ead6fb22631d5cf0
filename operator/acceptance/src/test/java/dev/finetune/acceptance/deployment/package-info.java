/** ModelDeployments against a real API server. */
@NullMarked
package dev.finetune.acceptance.deployment;

import org.jspecify.annotations.NullMarked;
