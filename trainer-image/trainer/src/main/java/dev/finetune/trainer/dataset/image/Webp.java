package dev.finetune.trainer.dataset.image;

import com.twelvemonkeys.imageio.plugins.webp.WebPImageReaderSpi;
import dev.finetune.trainer.transform.Pixels;
import java.awt.image.Raster;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import javax.imageio.ImageReader;

/**
 * WebP, lossy and lossless, of an animation the first frame: decoded by TwelveMonkeys, after the header has been checked here. Colours of
 * lossy images differ from Pillow's at edges, where that library interpolates chroma and this one repeats it.
 */
final class Webp implements ImageFile {
    private static final int LOSSY = tag("VP8 ");
    private static final int LOSSLESS = tag("VP8L");
    private static final int EXTENDED = tag("VP8X");

    private final byte[] bytes;
    private final int width;
    private final int height;

    private Webp(byte[] bytes, int width, int height) {
        this.bytes = bytes;
        this.width = width;
        this.height = height;
    }

    static Webp open(byte[] bytes) throws UnreadableImageException {
        ByteBuffer b = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        if (Integer.toUnsignedLong(b.getInt(4)) + 8 > bytes.length) {
            throw new UnreadableImageException("it ends too early: the file is cut short or damaged");
        }
        int kind = b.getInt(12);
        if (kind == LOSSY) {
            return new Webp(bytes, b.getShort(26) & 0x3fff, b.getShort(28) & 0x3fff);
        }
        if (kind == LOSSLESS) {
            int sizes = b.getInt(21);
            return new Webp(bytes, (sizes & 0x3fff) + 1, (sizes >>> 14 & 0x3fff) + 1);
        }
        if (kind == EXTENDED) {
            return new Webp(bytes, (b.getInt(24) & 0xffffff) + 1, (b.getInt(27) & 0xffffff) + 1);
        }
        throw new UnreadableImageException("it is a WebP file of an unknown kind");
    }

    private static int tag(String name) {
        return name.charAt(0) | name.charAt(1) << 8 | name.charAt(2) << 16 | name.charAt(3) << 24;
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
        ImageReader reader = new WebPImageReaderSpi().createReaderInstance(null);
        try (ByteArrayImageInput input = new ByteArrayImageInput(bytes)) {
            reader.setInput(input, true, true);
            Raster raster = reader.read(0).getRaster();
            ImageDecoder.checkSize(raster.getWidth(), raster.getHeight());
            Pixels image = Pixels.black(raster.getWidth(), raster.getHeight());
            int[] samples = new int[raster.getWidth() * raster.getNumBands()];
            for (int y = 0; y < image.height(); y++) {
                raster.getPixels(0, y, image.width(), 1, samples);
                for (int x = 0; x < image.width(); x++) {
                    for (int channel = 0; channel < 3; channel++) {
                        image.rgb()[(y * image.width() + x) * 3 + channel] =
                                (byte) samples[x * raster.getNumBands() + channel];
                    }
                }
            }
            return image;
        } catch (IOException | RuntimeException e) {
            throw new UnreadableImageException("it cannot be decoded as WebP (%s)".formatted(e.getMessage()), e);
        } finally {
            reader.dispose();
        }
    }
}
