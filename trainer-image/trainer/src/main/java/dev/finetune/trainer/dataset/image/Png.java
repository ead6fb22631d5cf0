package dev.finetune.trainer.dataset.image;

import dev.finetune.trainer.transform.Pixels;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * PNG by its specification (W3C, second edition): all colour types and depths, interlacing; of an animation the default image. Only
 * the chunks that pixels need are read, so a bomb in a text chunk stays packed; their checksums must hold. Written here because the
 * JDK's reader needs twice the memory and turns a file that is cut short into a picture.
 */
final class Png implements ImageFile {
    private static final int GREY = 0;
    private static final int RGB = 2;
    private static final int PALETTE = 3;
    private static final int GREY_ALPHA = 4;
    private static final int RGB_ALPHA = 6;

    /** First column, first row, column step, row step of the passes of Adam7; the last one is also a whole image without. */
    private static final int[][] PASSES = {
        {0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}
    };

    private static final int[][] WHOLE = {{0, 0, 1, 1}};

    private final ByteBuffer bytes;
    private final int width;
    private final int height;
    private final int depth;
    private final int type;
    private final boolean interlaced;
    private final byte[] palette = new byte[256 * 3];
    private final List<ByteBuffer> data = new ArrayList<>();

    private Png(ByteBuffer bytes) throws UnreadableImageException {
        this.bytes = bytes;
        if (bytes.getInt(8) != 13 || !name(12).equals("IHDR")) {
            throw new UnreadableImageException("it is a PNG file without a header");
        }
        width = bytes.getInt(16);
        height = bytes.getInt(20);
        depth = bytes.get(24);
        type = bytes.get(25);
        interlaced = bytes.get(28) == 1;
        boolean known = switch (type) {
            case GREY -> depth == 1 || depth == 2 || depth == 4 || depth == 8 || depth == 16;
            case PALETTE -> depth == 1 || depth == 2 || depth == 4 || depth == 8;
            case RGB, GREY_ALPHA, RGB_ALPHA -> depth == 8 || depth == 16;
            default -> false;
        };
        if (!known || bytes.get(26) != 0 || bytes.get(27) != 0 || (bytes.get(28) & ~1) != 0) {
            throw new UnreadableImageException(
                    "its PNG header says colour type %d with %d bits; it is damaged".formatted(type, depth));
        }
        checkSum(12, 17);
    }

    static Png open(byte[] bytes) throws UnreadableImageException {
        return new Png(ByteBuffer.wrap(bytes));
    }

    @Override
    public int width() {
        return width;
    }

    @Override
    public int height() {
        return height;
    }

    @Override
    public Pixels decode() throws UnreadableImageException {
        readChunks();
        Pixels image = Pixels.black(width, height);
        try (Inflater inflater = new Inflater()) {
            for (int[] pass : interlaced ? PASSES : WHOLE) {
                decode(inflater, image, pass);
            }
        }
        return image;
    }

    private void readChunks() throws UnreadableImageException {
        int at = 33;
        while (at + 8 <= bytes.limit()) {
            long length = bytes.getInt(at) & 0xffffffffL;
            String name = name(at + 4);
            boolean whole = at + 12 + length <= bytes.limit();
            int end = (int) Math.min(bytes.limit(), at + 8 + length);
            if (name.equals("IDAT") || (name.equals("PLTE") && whole)) {
                if (whole) {
                    checkSum(at + 4, (int) length + 4);
                }
                ByteBuffer content = bytes.slice(at + 8, end - at - 8);
                if (name.equals("IDAT")) {
                    data.add(content);
                } else {
                    content.get(palette, 0, Math.min(palette.length, content.remaining()));
                }
            }
            if (name.equals("IEND") || !whole) {
                return;
            }
            at = (int) (at + 12 + length);
        }
    }

    private void decode(Inflater inflater, Pixels image, int[] pass) throws UnreadableImageException {
        int columns = Math.ceilDiv(width - pass[0], pass[2]);
        int rows = Math.ceilDiv(height - pass[1], pass[3]);
        if (columns < 1 || rows < 1) {
            return;
        }
        int channels = type == RGB ? 3 : type == GREY_ALPHA ? 2 : type == RGB_ALPHA ? 4 : 1;
        int step = Math.max(1, channels * depth / 8);
        byte[] above = new byte[Math.ceilDiv(columns * channels * depth, 8)];
        byte[] row = new byte[above.length];
        byte[] filter = new byte[1];
        for (int y = 0; y < rows; y++) {
            inflate(inflater, filter);
            inflate(inflater, row);
            unfilter(filter[0], row, above, step);
            int line = pass[1] + y * pass[3];
            for (int x = 0; x < columns; x++) {
                put(row, x, image.rgb(), (line * width + pass[0] + x * pass[2]) * 3);
            }
            byte[] swap = above;
            above = row;
            row = swap;
        }
    }

    private void put(byte[] row, int x, byte[] rgb, int to) {
        int size = depth / 8;
        switch (type) {
            case RGB, RGB_ALPHA -> {
                int from = x * (type == RGB ? 3 : 4) * size;
                rgb[to] = row[from];
                rgb[to + 1] = row[from + size];
                rgb[to + 2] = row[from + 2 * size];
            }
            case PALETTE -> System.arraycopy(palette, bits(row, x) * 3, rgb, to, 3);
            default -> {
                byte grey = depth < 8
                        ? (byte) (bits(row, x) * 255 / ((1 << depth) - 1))
                        : row[x * (type == GREY ? 1 : 2) * size];
                rgb[to] = grey;
                rgb[to + 1] = grey;
                rgb[to + 2] = grey;
            }
        }
    }

    private int bits(byte[] row, int x) {
        int bit = x * depth;
        return (row[bit >> 3] >> (8 - depth - (bit & 7))) & ((1 << depth) - 1);
    }

    private static void unfilter(int filter, byte[] row, byte[] above, int step) throws UnreadableImageException {
        for (int i = 0; i < row.length; i++) {
            int left = i < step ? 0 : row[i - step] & 0xff;
            int up = above[i] & 0xff;
            int corner = i < step ? 0 : above[i - step] & 0xff;
            int predicted = switch (filter) {
                case 0 -> 0;
                case 1 -> left;
                case 2 -> up;
                case 3 -> (left + up) >> 1;
                case 4 -> paeth(left, up, corner);
                default ->
                    throw new UnreadableImageException("a row has the filter %d; it is damaged".formatted(filter));
            };
            row[i] += (byte) predicted;
        }
    }

    private static int paeth(int left, int up, int corner) {
        int byLeft = Math.abs(up - corner);
        int byUp = Math.abs(left - corner);
        int byCorner = Math.abs(left + up - 2 * corner);
        return byLeft <= byUp && byLeft <= byCorner ? left : byUp <= byCorner ? up : corner;
    }

    private void inflate(Inflater inflater, byte[] to) throws UnreadableImageException {
        try {
            for (int filled = 0; filled < to.length; ) {
                int n = inflater.inflate(to, filled, to.length - filled);
                if (n == 0 && (inflater.finished() || inflater.needsDictionary() || data.isEmpty())) {
                    throw new UnreadableImageException("it ends too early: the file is cut short or damaged");
                }
                if (n == 0) {
                    inflater.setInput(data.removeFirst());
                }
                filled += n;
            }
        } catch (DataFormatException e) {
            throw new UnreadableImageException("its compressed data is damaged (%s)".formatted(e.getMessage()), e);
        }
    }

    private void checkSum(int from, int length) throws UnreadableImageException {
        CRC32 crc = new CRC32();
        crc.update(bytes.slice(from, length));
        if ((int) crc.getValue() != bytes.getInt(from + length)) {
            throw new UnreadableImageException(
                    "the checksum of its %s chunk is wrong; it is damaged".formatted(name(from)));
        }
    }

    private String name(int at) {
        return new String(bytes.array(), at, 4, StandardCharsets.ISO_8859_1);
    }
}
