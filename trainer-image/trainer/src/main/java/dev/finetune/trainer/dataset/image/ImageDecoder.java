package dev.finetune.trainer.dataset.image;

import dev.finetune.trainer.transform.Pixels;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Decodes JPEG (baseline, progressive, greyscale, CMYK, turned upright by its EXIF orientation), PNG (every depth; 16 bits keep the
 * upper 8), GIF (first frame), WebP and BMP to 8-bit RGB. The first bytes tell the format, never the name. Alpha is dropped, grey
 * becomes three equal channels, colour profiles are not applied: as Pillow's {@code convert("RGB")} does. An image is refused by its
 * header's size before memory is taken for it, and a file that ends early or is damaged is refused, never filled up.
 */
public final class ImageDecoder {
    /** The largest image that is decoded, in pixels: more than any camera's photo of today but the rarest. */
    public static final int MAX_PIXELS = 50_000_000;

    /** The largest file that is read, in bytes. */
    public static final int MAX_BYTES = 200 << 20;

    /** Above this many pixels images are decoded one at a time, so that many threads don't multiply the memory. */
    private static final int LARGE = 8_000_000;

    private static final Object ONE_LARGE_AT_A_TIME = new Object();

    private ImageDecoder() {}

    /** Decodes a file. */
    public static Pixels decode(Path file) throws IOException, UnreadableImageException {
        checkLength(Files.size(file));
        return decode(Files.readAllBytes(file));
    }

    /** Refuses a file of so many bytes before they are read, where they are too many. */
    public static void checkLength(long bytes) throws UnreadableImageException {
        if (bytes > MAX_BYTES) {
            throw new UnreadableImageException(
                    "it has %d bytes, and at most %d are read; save it smaller".formatted(bytes, MAX_BYTES));
        }
    }

    /** Decodes the bytes of a file. */
    public static Pixels decode(byte[] bytes) throws UnreadableImageException {
        try {
            ImageFile file = open(bytes);
            checkSize(file.width(), file.height());
            if ((long) file.width() * file.height() <= LARGE) {
                return file.decode();
            }
            synchronized (ONE_LARGE_AT_A_TIME) {
                return file.decode();
            }
        } catch (IndexOutOfBoundsException | BufferUnderflowException e) {
            throw new UnreadableImageException("it ends too early: the file is cut short or damaged", e);
        }
    }

    static void checkSize(long width, long height) throws UnreadableImageException {
        if (width < 1 || height < 1) {
            throw new UnreadableImageException(
                    "its header says %d x %d pixels; it is damaged".formatted(width, height));
        }
        if (width * height > MAX_PIXELS) {
            throw new UnreadableImageException(
                    "it has %d x %d pixels, and at most %d million are decoded; save it smaller"
                            .formatted(width, height, MAX_PIXELS / 1_000_000));
        }
    }

    private static ImageFile open(byte[] bytes) throws UnreadableImageException {
        if (bytes.length == 0) {
            throw new UnreadableImageException("it is empty");
        }
        if (startsWith(bytes, 0, "\u00ff\u00d8\u00ff")) {
            return Jpeg.open(bytes);
        }
        if (startsWith(bytes, 0, "\u0089PNG\r\n\u001a\n")) {
            return Png.open(bytes);
        }
        if (startsWith(bytes, 0, "GIF87a") || startsWith(bytes, 0, "GIF89a")) {
            return Gif.open(bytes);
        }
        if (startsWith(bytes, 0, "RIFF") && startsWith(bytes, 8, "WEBP")) {
            return Webp.open(bytes);
        }
        if (startsWith(bytes, 0, "BM")) {
            return Bmp.open(bytes);
        }
        throw new UnreadableImageException("it is %s, and JPEG, PNG, GIF, WebP or BMP was expected; convert it"
                .formatted(
                        startsWith(bytes, 0, "II*\0") || startsWith(bytes, 0, "MM\0*")
                                ? "TIFF"
                                : startsWith(bytes, 4, "ftyp") ? "HEIF, AVIF or a film" : "of no known image format"));
    }

    private static boolean startsWith(byte[] bytes, int at, String magic) {
        byte[] expected = magic.getBytes(StandardCharsets.ISO_8859_1);
        return bytes.length >= at + expected.length
                && java.util.Arrays.equals(bytes, at, at + expected.length, expected, 0, expected.length);
    }
}
