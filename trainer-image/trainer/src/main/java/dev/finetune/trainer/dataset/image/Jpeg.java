package dev.finetune.trainer.dataset.image;

import dev.finetune.trainer.transform.Pixels;
import java.awt.image.DataBufferByte;
import java.awt.image.Raster;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;

/**
 * JPEG. The JDK's libjpeg unpacks the components; colour conversion is done here, as libjpeg and Pillow do it, because the JDK guesses
 * colours from sampling factors, applies profiles and refuses CMYK. What libjpeg only warns of (data that end early or are
 * corrupt, which it fills up with grey) is an error here.
 */
final class Jpeg implements ImageFile {
    private static final byte COMMENT = (byte) 0xfe;

    private final byte[] bytes;
    private final JpegHeader header;

    private Jpeg(byte[] bytes, JpegHeader header) {
        this.bytes = bytes;
        this.header = header;
    }

    static Jpeg open(byte[] bytes) throws UnreadableImageException {
        return new Jpeg(bytes, JpegHeader.read(bytes));
    }

    @Override
    public int width() {
        return header.width();
    }

    @Override
    public int height() {
        return header.height();
    }

    @Override
    public Pixels decode() throws UnreadableImageException {
        byte[] raw = components();
        byte[] rgb = header.components() == 3 ? raw : new byte[header.width() * header.height() * 3];
        switch (header.colours()) {
            case GREY -> JpegColours.greyToRgb(raw, rgb);
            case RGB -> {}
            case YCC -> JpegColours.yccToRgb(raw, 3);
            case CMYK -> JpegColours.cmykToRgb(raw, rgb);
            case YCCK -> {
                JpegColours.ycckToCmyk(raw);
                JpegColours.cmykToRgb(raw, rgb);
            }
        }
        return header.orientation().upright(new Pixels(header.width(), header.height(), rgb));
    }

    private byte[] components() throws UnreadableImageException {
        ImageReader reader = ImageIO.getImageReadersByFormatName("jpeg").next();
        List<String> warnings = new ArrayList<>();
        reader.addIIOReadWarningListener((source, warning) -> warnings.add(warning));
        try (ByteArrayImageInput input = new ByteArrayImageInput(withoutProfiles())) {
            reader.setInput(input, true, true);
            Raster raster = reader.readRaster(0, null);
            refuseDamage(warnings);
            if (raster.getWidth() != header.width()
                    || raster.getHeight() != header.height()
                    || raster.getNumBands() != header.components()
                    || !(raster.getDataBuffer() instanceof DataBufferByte buffer)
                    || buffer.getData().length != header.width() * header.height() * header.components()) {
                throw new UnreadableImageException("its JPEG headers contradict each other; it is damaged");
            }
            return buffer.getData();
        } catch (IOException | RuntimeException e) {
            refuseDamage(warnings);
            throw new UnreadableImageException("it cannot be decoded as JPEG (%s)".formatted(e.getMessage()), e);
        } finally {
            reader.dispose();
        }
    }

    /** As comments, which the JDK skips: it refuses an image for a damaged profile, and none is applied here anyway. */
    private byte[] withoutProfiles() {
        if (header.profiles().isEmpty()) {
            return bytes;
        }
        byte[] plain = bytes.clone();
        header.profiles().forEach(marker -> plain[marker] = COMMENT);
        return plain;
    }

    private void refuseDamage(List<String> warnings) throws UnreadableImageException {
        for (String warning : warnings) {
            boolean harmless = warning.contains("extraneous bytes") || !warning.contains("orrupt JPEG data");
            boolean cutBetweenScans = header.progressive() && warning.contains("EOI");
            if (!harmless || cutBetweenScans) {
                throw new UnreadableImageException("it is cut short or damaged (%s)".formatted(warning));
            }
        }
    }
}
