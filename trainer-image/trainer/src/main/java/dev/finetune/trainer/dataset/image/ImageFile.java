package dev.finetune.trainer.dataset.image;

import dev.finetune.trainer.transform.Pixels;

/** An image whose header has been read: its size is known, and nothing has been allocated for its pixels. */
sealed interface ImageFile permits Bmp, Gif, Jpeg, Png, Webp {
    int width();

    int height();

    /** Decodes it, upright. An index beyond the bytes means that they end too early. */
    Pixels decode() throws UnreadableImageException;
}
