/** Image files of any origin to 8-bit RGB: formats told by their first bytes, sizes checked before anything is decoded. */
@NullMarked
package dev.finetune.trainer.dataset.image;

import org.jspecify.annotations.NullMarked;
