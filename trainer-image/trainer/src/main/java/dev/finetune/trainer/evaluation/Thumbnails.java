package dev.finetune.trainer.evaluation;

import dev.finetune.trainer.artifact.Report;
import dev.finetune.trainer.dataset.Example;
import dev.finetune.trainer.dataset.image.ImageDecoder;
import dev.finetune.trainer.dataset.image.UnreadableImageException;
import dev.finetune.trainer.transform.Thumbnail;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Small pictures of the images that a report speaks of, inside of it: a few KiB each. */
final class Thumbnails {
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
            return Thumbnail.of(ImageDecoder.decode(file)).orElse(null);
        } catch (UnreadableImageException e) {
            throw new IOException("an image that was prepared cannot be decoded any more: " + e.getMessage(), e);
        }
    }
}
