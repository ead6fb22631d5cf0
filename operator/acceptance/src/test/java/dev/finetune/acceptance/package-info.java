/** Tests against a real API server and a real node. */
@NullMarked
package dev.finetune.acceptance;

import org.jspecify.annotations.NullMarked;
