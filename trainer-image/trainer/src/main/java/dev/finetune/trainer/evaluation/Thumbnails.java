package dev.finetune.trainer.evaluation;

import dev.finetune.trainer.artifact.Report;
import dev.finetune.trainer.dataset.Example;
import dev.finetune.trainer.dataset.image.ImageDecoder;
import dev.finetune.trainer.dataset.image.UnreadableImageException;
import dev.finetune.trainer.transform.Pixels;
import dev.finetune.trainer.transform.Resample;
import dev.finetune.trainer.transform.Resizer;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import javax.imageio.ImageIO;
import org.jspecify.annotations.Nullable;

/** Small pictures of the images that a report speaks of, inside of it: a few KiB each. */
final class Thumbnails {
    /** The longer edge, in pixels. */
    private static final int EDGE = 96;

    /** A picture of so few pixels has more only where it is noise, and a report has room for some twenty such. */
    private static final int MOST_BYTES = 8 << 10;

    private Thumbnails() {}

    /** The same errors, with a picture beside each mistake about an image. */
    static Report.Errors beside(Report.Errors errors, List<Example> validation) throws IOException {
        if (validation.isEmpty() || validation.getFirst().image() == null) {
            return errors;
        }
        Map<String, Example> byId =
                validation.stream().collect(Collectors.toMap(Example::id, Function.identity(), (a, b) -> a));
        return new Report.Errors(
                errors.validationErrors(),
                withPictures(errors.worst(), byId),
                withPictures(errors.suspects(), byId),
                errors.confused(),
                errors.slices());
    }

    private static List<Report.Mistake> withPictures(List<Report.Mistake> mistakes, Map<String, Example> byId)
            throws IOException {
        List<Report.Mistake> shown = new java.util.ArrayList<>();
        for (Report.Mistake mistake : mistakes) {
            shown.add(beside(mistake, Objects.requireNonNull(byId.get(mistake.id()), mistake::id)));
        }
        return shown;
    }

    /** The same mistake with a picture of the example, where that is an image. */
    static Report.Mistake beside(Report.Mistake mistake, Example example) throws IOException {
        return example.image() == null
                ? mistake
                : mistake.with(picture(example.image().read()));
    }

    private static @Nullable String picture(byte[] file) throws IOException {
        try {
            byte[] jpeg = jpeg(small(ImageDecoder.decode(file)));
            return jpeg.length > MOST_BYTES
                    ? null
                    : "data:image/jpeg;base64," + Base64.getEncoder().encodeToString(jpeg);
        } catch (UnreadableImageException e) {
            throw new IOException("an image that was prepared cannot be decoded any more: " + e.getMessage(), e);
        }
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
