package dev.finetune.trainer.transform;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** A decoded image: 8-bit RGB, three bytes a pixel, row by row from the top left. The array belongs to the record: nobody else writes it. */
public record Pixels(int width, int height, byte[] rgb) {
    /** Refuses an array that doesn't fill the size. */
    public Pixels {
        if (width < 1 || height < 1 || rgb.length != Math.multiplyExact(Math.multiplyExact(width, height), 3)) {
            throw new IllegalArgumentException(
                    "%d bytes do not fill %d x %d pixels of RGB".formatted(rgb.length, width, height));
        }
    }

    /** A black image. */
    public static Pixels black(int width, int height) {
        return new Pixels(width, height, new byte[Math.multiplyExact(Math.multiplyExact(width, height), 3)]);
    }

    /** The red, green or blue (0, 1, 2) of a pixel, 0 to 255. */
    public int at(int x, int y, int channel) {
        return rgb[(y * width + x) * 3 + channel] & 0xff;
    }

    /** The rectangle from {@code (left, top)}; what lies outside is black. */
    public Pixels crop(int left, int top, int newWidth, int newHeight) {
        Pixels cut = black(newWidth, newHeight);
        int from = Math.max(0, -left);
        int to = Math.min(newWidth, width - left);
        for (int y = Math.max(0, -top); y < Math.min(newHeight, height - top) && from < to; y++) {
            System.arraycopy(
                    rgb, ((y + top) * width + left + from) * 3, cut.rgb, (y * newWidth + from) * 3, (to - from) * 3);
        }
        return cut;
    }

    /** The identity of an image: 16 hex digits over its size and its pixels, whatever file they came from. */
    public String key() {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(ByteBuffer.allocate(8).putInt(width).putInt(height).flip());
            return HexFormat.of().formatHex(digest.digest(rgb), 0, 8);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Pixels p
                && p.width == width
                && p.height == height
                && java.util.Arrays.equals(p.rgb, rgb);
    }

    @Override
    public int hashCode() {
        return java.util.Arrays.hashCode(rgb) * 31 + width;
    }

    @Override
    public String toString() {
        return "%d x %d pixels".formatted(width, height);
    }
}
