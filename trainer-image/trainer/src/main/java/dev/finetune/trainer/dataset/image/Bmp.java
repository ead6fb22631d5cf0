package dev.finetune.trainer.dataset.image;

import dev.finetune.trainer.transform.Pixels;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Windows bitmap: 1, 4 and 8 bits with a palette, 16, 24 and 32 bits in any bit fields; not the run-length forms, which nobody writes. */
final class Bmp implements ImageFile {
    private static final int FILE_HEADER = 14;
    private static final int OLD_HEADER = 12;
    private static final int BIT_FIELDS = 3;

    private final ByteBuffer bytes;
    private final int headerSize;
    private final int width;
    private final int signedHeight;
    private final int bits;

    private Bmp(ByteBuffer bytes) throws UnreadableImageException {
        this.bytes = bytes;
        headerSize = bytes.getInt(FILE_HEADER);
        boolean old = headerSize == OLD_HEADER;
        if (!old && headerSize < 40) {
            throw new UnreadableImageException("its BMP header has %d bytes; it is damaged".formatted(headerSize));
        }
        width = old ? bytes.getShort(18) & 0xffff : bytes.getInt(18);
        signedHeight = old ? bytes.getShort(20) : bytes.getInt(22);
        bits = bytes.getShort(old ? 24 : 28);
        int compression = old ? 0 : bytes.getInt(30);
        boolean known = bits == 1 || bits == 4 || bits == 8 || bits == 16 || bits == 24 || bits == 32;
        if (!known || (compression != 0 && (compression != BIT_FIELDS || bits < 16))) {
            throw new UnreadableImageException(
                    "it is a BMP file with %d bits and compression %d, which is not supported; convert it"
                            .formatted(bits, compression));
        }
    }

    static Bmp open(byte[] bytes) throws UnreadableImageException {
        return new Bmp(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN));
    }

    @Override
    public int width() {
        return width;
    }

    @Override
    public int height() {
        return Math.abs(signedHeight);
    }

    @Override
    public Pixels decode() {
        Pixels image = Pixels.black(width, height());
        int[] masks = masks();
        int stride = Math.ceilDiv(width * bits, 32) * 4;
        int start = bytes.getInt(10);
        for (int row = 0; row < height(); row++) {
            int y = signedHeight > 0 ? height() - 1 - row : row;
            for (int x = 0; x < width; x++) {
                put(image.rgb(), (y * width + x) * 3, Math.addExact(start, Math.multiplyExact(row, stride)), x, masks);
            }
        }
        return image;
    }

    private int[] masks() {
        if (headerSize != OLD_HEADER && bytes.getInt(30) == BIT_FIELDS) {
            return new int[] {bytes.getInt(54), bytes.getInt(58), bytes.getInt(62)};
        }
        return bits == 16 ? new int[] {0x7c00, 0x3e0, 0x1f} : new int[] {0xff0000, 0xff00, 0xff};
    }

    private void put(byte[] rgb, int to, int row, int x, int[] masks) {
        if (bits <= 8) {
            int bit = x * bits;
            int index = (bytes.get(row + (bit >> 3)) >> (8 - bits - (bit & 7))) & ((1 << bits) - 1);
            int entry = FILE_HEADER + headerSize + index * (headerSize == OLD_HEADER ? 3 : 4);
            for (int channel = 0; channel < 3; channel++) {
                rgb[to + channel] = bytes.get(entry + 2 - channel);
            }
            return;
        }
        int value = switch (bits) {
            case 16 -> bytes.getShort(row + 2 * x) & 0xffff;
            case 24 -> (bytes.getShort(row + 3 * x) & 0xffff) | (bytes.get(row + 3 * x + 2) & 0xff) << 16;
            default -> bytes.getInt(row + 4 * x);
        };
        for (int channel = 0; channel < 3; channel++) {
            int mask = masks[channel];
            int shift = Integer.numberOfTrailingZeros(mask);
            long largest = Integer.toUnsignedLong(mask) >>> shift;
            rgb[to + channel] =
                    mask == 0 ? 0 : (byte) ((Integer.toUnsignedLong(value & mask) >>> shift) * 255 / largest);
        }
    }
}
