package dev.finetune.trainer.dataset;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Images in class folders. What is no image is unreadable, unless its name does not call it one: a list or a licence among the images. */
final class ImageFolder {
    private static final Set<String> IMAGE_NAMES = Set.of(
            "jpg", "jpeg", "jpe", "jfif", "png", "apng", "gif", "webp", "bmp", "dib", "ppm", "pgm", "pbm", "pnm", "tif",
            "tiff", "heic", "heif", "avif");

    private ImageFolder() {}

    /** The files of a source. */
    static ImageFiles of(Dataset.NamedFile source) {
        try {
            List<ImageFiles.Labelled> files = ClassFolders.of(source.name(), source.path(), ".jpg").files().stream()
                    .map(f -> new ImageFiles.Labelled(
                            source.name() + "/" + f.name(), f.name(), f.firstFolder(), StoredImage.of(f.path())))
                    .toList();
            return new ImageFiles(source.name(), files, List.of(), List.of(), name -> !isCalledImage(name));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + source.name() + ": " + e.getMessage(), e);
        }
    }

    private static boolean isCalledImage(String name) {
        return IMAGE_NAMES.contains(name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT));
    }
}
