package dev.finetune.trainer.transform;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Base64;
import java.util.Optional;
import javax.imageio.ImageIO;

/** A small picture of an image that a page can hold inside of it: a few KiB of JPEG as a data: URI. */
public final class Thumbnail {
    /** The longer edge, in pixels. */
    private static final int EDGE = 96;

    /** A picture of so few pixels has more only where it is noise, and a report has room for some thirty. */
    private static final int MOST_BYTES = 8 << 10;

    private Thumbnail() {}

    /** The picture; none where it would be too large. */
    public static Optional<String> of(Pixels image) throws IOException {
        byte[] jpeg = jpeg(small(image));
        return jpeg.length > MOST_BYTES
                ? Optional.empty()
                : Optional.of("data:image/jpeg;base64," + Base64.getEncoder().encodeToString(jpeg));
    }

    private static Pixels small(Pixels image) {
        double scale = Math.min(1, (double) EDGE / Math.max(image.width(), image.height()));
        return Resizer.resize(
                image,
                Math.max(1, (int) Math.round(image.width() * scale)),
                Math.max(1, (int) Math.round(image.height() * scale)),
                Resample.Bilinear);
    }

    private static byte[] jpeg(Pixels image) throws IOException {
        BufferedImage picture = new BufferedImage(image.width(), image.height(), BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < image.height(); y++) {
            for (int x = 0; x < image.width(); x++) {
                picture.setRGB(x, y, image.at(x, y, 0) << 16 | image.at(x, y, 1) << 8 | image.at(x, y, 2));
            }
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        ImageIO.setUseCache(false);
        ImageIO.write(picture, "jpeg", bytes);
        return bytes.toByteArray();
    }
}
