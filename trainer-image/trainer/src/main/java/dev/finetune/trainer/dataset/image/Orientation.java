package dev.finetune.trainer.dataset.image;

import dev.finetune.trainer.transform.Pixels;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** How a camera was held, as EXIF's tag 274 says it: whether rows and columns are swapped, and which of them run backwards. */
record Orientation(boolean swapped, boolean backwardsX, boolean backwardsY) {
    static final Orientation UPRIGHT = new Orientation(false, false, false);

    private static final int TAG = 0x0112;
    private static final Orientation[] BY_NUMBER = {
        UPRIGHT,
        UPRIGHT,
        new Orientation(false, true, false),
        new Orientation(false, true, true),
        new Orientation(false, false, true),
        new Orientation(true, false, false),
        new Orientation(true, false, true),
        new Orientation(true, true, true),
        new Orientation(true, true, false)
    };

    /** The orientation of a block in TIFF form; what is absent, unknown or broken is upright, as in every viewer. */
    static Orientation ofExif(ByteBuffer tiff) {
        try {
            tiff.order(tiff.getShort(0) == 0x4949 ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
            int directory = tiff.getInt(4);
            int entries = tiff.getShort(directory) & 0xffff;
            for (int i = 0; i < entries; i++) {
                int entry = directory + 2 + 12 * i;
                if ((tiff.getShort(entry) & 0xffff) == TAG) {
                    int number = tiff.getShort(entry + 8);
                    return number >= 0 && number < BY_NUMBER.length ? BY_NUMBER[number] : UPRIGHT;
                }
            }
            return UPRIGHT;
        } catch (IndexOutOfBoundsException | BufferUnderflowException e) {
            return UPRIGHT;
        }
    }

    /** The image as it should be looked at. */
    Pixels upright(Pixels stored) {
        if (equals(UPRIGHT)) {
            return stored;
        }
        Pixels image =
                swapped ? Pixels.black(stored.height(), stored.width()) : Pixels.black(stored.width(), stored.height());
        for (int y = 0; y < image.height(); y++) {
            for (int x = 0; x < image.width(); x++) {
                int column = swapped ? y : x;
                int row = swapped ? x : y;
                int fromX = backwardsX ? stored.width() - 1 - column : column;
                int fromY = backwardsY ? stored.height() - 1 - row : row;
                System.arraycopy(
                        stored.rgb(),
                        (fromY * stored.width() + fromX) * 3,
                        image.rgb(),
                        (y * image.width() + x) * 3,
                        3);
            }
        }
        return image;
    }
}
