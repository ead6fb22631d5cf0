/** What is published: export, manifest, model card, report. */
@NullMarked
package dev.finetune.trainer.artifact;

import org.jspecify.annotations.NullMarked;
