package dev.finetune.trainer.dataset.image;

/** Colour conversion in the fixed-point numbers of libjpeg (ITU-R BT.601) and of Pillow (CMYK), equal to theirs to the last bit. */
final class JpegColours {
    private static final int[] CR_TO_RED = new int[256];
    private static final int[] CB_TO_BLUE = new int[256];
    private static final int[] CR_TO_GREEN = new int[256];
    private static final int[] CB_TO_GREEN = new int[256];

    static {
        int half = 1 << 15;
        for (int i = 0; i < 256; i++) {
            int x = i - 128;
            CR_TO_RED[i] = (fixed(1.40200) * x + half) >> 16;
            CB_TO_BLUE[i] = (fixed(1.77200) * x + half) >> 16;
            CR_TO_GREEN[i] = -fixed(0.71414) * x;
            CB_TO_GREEN[i] = -fixed(0.34414) * x + half;
        }
    }

    private JpegColours() {}

    private static int fixed(double factor) {
        return (int) (factor * 65536 + 0.5);
    }

    static void greyToRgb(byte[] grey, byte[] rgb) {
        for (int i = 0; i < grey.length; i++) {
            rgb[3 * i] = grey[i];
            rgb[3 * i + 1] = grey[i];
            rgb[3 * i + 2] = grey[i];
        }
    }

    /** In place, the first three of every {@code stride} bytes. */
    static void yccToRgb(byte[] ycc, int stride) {
        for (int i = 0; i < ycc.length; i += stride) {
            int y = ycc[i] & 0xff;
            int cb = ycc[i + 1] & 0xff;
            int cr = ycc[i + 2] & 0xff;
            ycc[i] = clip(y + CR_TO_RED[cr]);
            ycc[i + 1] = clip(y + ((CB_TO_GREEN[cb] + CR_TO_GREEN[cr]) >> 16));
            ycc[i + 2] = clip(y + CB_TO_BLUE[cb]);
        }
    }

    /** In place: what is stored as luma and chroma are the complements of cyan, magenta and yellow. */
    static void ycckToCmyk(byte[] ycck) {
        yccToRgb(ycck, 4);
        for (int i = 0; i < ycck.length; i += 4) {
            ycck[i] ^= (byte) 0xff;
            ycck[i + 1] ^= (byte) 0xff;
            ycck[i + 2] ^= (byte) 0xff;
        }
    }

    /** From CMYK stored inverted, as Adobe's programs write it and every reader assumes. */
    static void cmykToRgb(byte[] inverted, byte[] rgb) {
        for (int i = 0, o = 0; o < rgb.length; i += 4, o += 3) {
            int light = inverted[i + 3] & 0xff;
            for (int channel = 0; channel < 3; channel++) {
                int ink = (255 - (inverted[i + channel] & 0xff)) * light + 128;
                rgb[o + channel] = clip(light - (((ink >> 8) + ink) >> 8));
            }
        }
    }

    private static byte clip(int value) {
        return (byte) (value < 0 ? 0 : Math.min(value, 255));
    }
}
