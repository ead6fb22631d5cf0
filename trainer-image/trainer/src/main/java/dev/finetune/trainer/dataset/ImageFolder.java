package dev.finetune.trainer.dataset;

import dev.finetune.api.CheckAction;
import dev.finetune.api.FailureClass;
import dev.finetune.api.run.StageException;
import dev.finetune.trainer.dataset.image.Fingerprint;
import dev.finetune.trainer.dataset.image.ImageDecoder;
import dev.finetune.trainer.dataset.image.UnreadableImageException;
import dev.finetune.trainer.transform.Pixels;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Images in class folders. Each is decoded once, on all CPUs, to see whether it can be, what it is (its key is over its pixels) and what it
 * looks like; the pixels are not kept. What cannot be decoded is unreadable, unless its name does not call it an image: a list or a
 * licence among the images is told and left out.
 */
record ImageFolder(Dataset.NamedFile source) {
    /** Files that are decoded together; what is kept of them are their keys. */
    private static final int CHUNK = 256;

    private static final Set<String> IMAGE_NAMES = Set.of(
            "jpg", "jpeg", "jpe", "jfif", "png", "apng", "gif", "webp", "bmp", "dib", "ppm", "pgm", "pbm", "pnm", "tif",
            "tiff", "heic", "heif", "avif");

    /** A file after it was looked at: with its example, or with what is wrong. */
    private sealed interface Seen {
        record Image(Example example, Fingerprint look) implements Seen {}

        record Empty(String name) implements Seen {}

        record Broken(String name, String problem) implements Seen {}
    }

    /** All that can be decoded; {@code looks} is given the fingerprint of each by its key. */
    List<Example> read(CheckSettings checks, Findings findings, Map<String, Fingerprint> looks) {
        List<Part> files = files();
        List<Example> examples = new ArrayList<>();
        List<String> empty = new ArrayList<>();
        List<String> broken = new ArrayList<>();
        List<String> others = new ArrayList<>();
        for (int from = 0; from < files.size(); from += CHUNK) {
            List<Seen> chunk = files.subList(from, Math.min(files.size(), from + CHUNK)).parallelStream()
                    .map(this::look)
                    .toList();
            for (Seen seen : chunk) {
                switch (seen) {
                    case Seen.Image(Example example, Fingerprint look) -> {
                        examples.add(example);
                        looks.putIfAbsent(example.key(), look);
                    }
                    case Seen.Empty(String name) -> empty.add(name);
                    case Seen.Broken(String name, String problem) ->
                        (isCalledImage(name) ? broken : others).add(name + ": " + problem);
                }
            }
        }
        String name = source.name();
        findings.report(
                "Unreadable",
                // What cannot be decoded cannot stay.
                checks.unreadable() == CheckAction.Warn ? CheckAction.Remove : checks.unreadable(),
                name + ": " + broken.size() + " of " + files.size() + " files cannot be read as images",
                broken);
        findings.report(
                "Empty",
                checks.empty() == CheckAction.Fail ? CheckAction.Fail : CheckAction.Remove,
                name + ": " + empty.size() + " files have 0 bytes",
                empty);
        findings.report(
                "OtherFiles",
                CheckAction.Remove,
                name + ": " + others.size() + " files are neither images nor named as such, and are left out",
                others);
        if (examples.isEmpty()) {
            throw new StageException(
                    FailureClass.InvalidData,
                    name + " has no image that can be read among its " + files.size() + " files. "
                            + Findings.shown(broken.isEmpty() ? empty.isEmpty() ? others : empty : broken));
        }
        return examples;
    }

    private List<Part> files() {
        try {
            return ClassFolders.of(source.name(), source.path(), ".jpg").files();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + source.name() + ": " + e.getMessage(), e);
        }
    }

    private Seen look(Part file) {
        try {
            long size = Files.size(file.path());
            if (size == 0) {
                return new Seen.Empty(file.name());
            }
            Pixels pixels = ImageDecoder.decode(file.path());
            return new Seen.Image(
                    Example.ofImage(
                            source.name() + "/" + file.name(),
                            pixels.key(),
                            file.firstFolder(),
                            new StoredImage(file.path().toString(), 0, Math.toIntExact(size))),
                    Fingerprint.of(pixels));
        } catch (UnreadableImageException e) {
            return new Seen.Broken(file.name(), String.valueOf(e.getMessage()));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + source.name() + "/" + file.name(), e);
        }
    }

    private static boolean isCalledImage(String name) {
        return IMAGE_NAMES.contains(name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT));
    }
}
