/** Sources to verified local files: fetch, digest, resume, retry. */
@NullMarked
package dev.finetune.trainer.source;

import org.jspecify.annotations.NullMarked;
