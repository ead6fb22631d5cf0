package dev.finetune.trainer.dataset.image;

import dev.finetune.trainer.transform.Pixels;

/**
 * GIF89a, its first frame on the whole canvas; around a smaller frame lies the transparent colour, or else the first of the palette,
 * as in Pillow. Written here because the JDK's reader doesn't say when the data end too early.
 */
final class Gif implements ImageFile {
    private static final int EXTENSION = 0x21;
    private static final int IMAGE = 0x2c;
    private static final int MAX_CODES = 4096;

    private final byte[] bytes;
    private int at;

    private Gif(byte[] bytes) {
        this.bytes = bytes;
    }

    static Gif open(byte[] bytes) {
        return new Gif(bytes);
    }

    @Override
    public int width() {
        return number(6);
    }

    @Override
    public int height() {
        return number(8);
    }

    @Override
    public Pixels decode() throws UnreadableImageException {
        int flags = bytes[10];
        byte[] palette = new byte[256 * 3];
        at = 13;
        if ((flags & 0x80) != 0) {
            readPalette(palette, flags);
        }
        int outside = 0;
        for (int block = next(); block != IMAGE; block = next()) {
            if (block != EXTENSION) {
                throw new UnreadableImageException("it is a GIF file without an image");
            }
            if (next() == 0xf9 && (bytes[at + 1] & 1) != 0) {
                outside = bytes[at + 4] & 0xff;
            }
            skipBlocks();
        }
        int left = number(at);
        int top = number(at + 2);
        int frameWidth = number(at + 4);
        int frameHeight = number(at + 6);
        ImageDecoder.checkSize(frameWidth, frameHeight);
        int frameFlags = bytes[at + 8];
        at += 9;
        if ((frameFlags & 0x80) != 0) {
            readPalette(palette, frameFlags);
        }
        byte[] indices = unpack(frameWidth * frameHeight);
        Pixels image = Pixels.black(width(), height());
        for (int i = 0; i < image.rgb().length; i += 3) {
            System.arraycopy(palette, outside * 3, image.rgb(), i, 3);
        }
        for (int row = 0; row < frameHeight; row++) {
            int y = top + ((frameFlags & 0x40) == 0 ? row : interlaced(row, frameHeight));
            for (int column = 0; column < frameWidth; column++) {
                int x = left + column;
                if (x < image.width() && y < image.height()) {
                    int index = indices[row * frameWidth + column] & 0xff;
                    System.arraycopy(palette, index * 3, image.rgb(), (y * image.width() + x) * 3, 3);
                }
            }
        }
        return image;
    }

    /** Where the n-th stored row stands: every 8th from 0, every 8th from 4, every 4th from 2, every 2nd from 1. */
    private static int interlaced(int row, int height) {
        int rest = row;
        for (int[] pass : new int[][] {{0, 8}, {4, 8}, {2, 4}, {1, 2}}) {
            int rows = Math.max(0, Math.ceilDiv(height - pass[0], pass[1]));
            if (rest < rows) {
                return pass[0] + rest * pass[1];
            }
            rest -= rows;
        }
        return row;
    }

    private void readPalette(byte[] palette, int flags) {
        int length = 3 << ((flags & 7) + 1);
        System.arraycopy(bytes, at, palette, 0, length);
        at += length;
    }

    private void skipBlocks() {
        for (int size = next(); size != 0; size = next()) {
            at += size;
        }
    }

    /** LZW with codes that grow from one bit more than the colours need to 12. */
    private byte[] unpack(int pixels) throws UnreadableImageException {
        int colourBits = next();
        if (colourBits < 1 || colourBits > 8) {
            throw new UnreadableImageException("its colours have %d bits; it is damaged".formatted(colourBits));
        }
        byte[] out = new byte[pixels];
        // The string of a code is a copy of bytes that were already put out.
        int[] start = new int[MAX_CODES];
        int[] length = new int[MAX_CODES];
        int clear = 1 << colourBits;
        int codes = clear + 2;
        int bits = colourBits + 1;
        int filled = 0;
        int previous = -1;
        int previousStart = 0;
        int held = 0;
        int heldBits = 0;
        int left = 0;
        while (filled < pixels) {
            while (heldBits < bits) {
                if (left == 0) {
                    left = next();
                }
                if (left == 0) {
                    throw new UnreadableImageException("it ends too early: the file is cut short or damaged");
                }
                held |= next() << heldBits;
                heldBits += 8;
                left--;
            }
            int code = held & ((1 << bits) - 1);
            held >>>= bits;
            heldBits -= bits;
            if (code == clear) {
                codes = clear + 2;
                bits = colourBits + 1;
                previous = -1;
                continue;
            }
            if (code == clear + 1) {
                throw new UnreadableImageException("it ends too early: the file is cut short or damaged");
            }
            if (code > codes || (code == codes && previous < 0)) {
                throw new UnreadableImageException("its compressed data is damaged");
            }
            if (previous >= 0 && codes < MAX_CODES) {
                start[codes] = previousStart;
                length[codes] = (previous < clear ? 1 : length[previous]) + 1;
                codes++;
            }
            int from = filled;
            if (code < clear) {
                out[filled++] = (byte) code;
            } else {
                for (int i = 0; i < length[code] && filled < pixels; i++) {
                    out[filled++] = out[start[code] + i];
                }
            }
            previous = code;
            previousStart = from;
            if (codes == 1 << bits && bits < 12) {
                bits++;
            }
        }
        return out;
    }

    private int next() {
        return bytes[at++] & 0xff;
    }

    private int number(int where) {
        return (bytes[where] & 0xff) | (bytes[where + 1] & 0xff) << 8;
    }
}
