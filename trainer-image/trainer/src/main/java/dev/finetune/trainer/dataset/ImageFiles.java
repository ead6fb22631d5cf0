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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * The image files of a source with their labels. Each is decoded once, on all CPUs, to see whether it can be, what it is (its key is over
 * its pixels) and what it looks like; the pixels are not kept.
 *
 * @param files those that are there
 * @param unreadable those that are not, each with what is wrong
 * @param unlabelled those that are said to have no label
 * @param mayBeOther whether a file of that name, where it is no image, was never meant to be one
 */
record ImageFiles(
        String source,
        List<Labelled> files,
        List<String> unreadable,
        List<String> unlabelled,
        Predicate<String> mayBeOther) {
    /** Files that are decoded together; what is kept of them are their keys. */
    private static final int CHUNK = 256;

    /** A file; {@code name} is what messages about the source call it. */
    record Labelled(String id, String name, String label, StoredImage image) {}

    /** A file after it was looked at: with its example, or with what is wrong. */
    private sealed interface Seen {
        record Image(Example example, Fingerprint look) implements Seen {}

        record Empty(String name) implements Seen {}

        record Broken(String name, String problem) implements Seen {}
    }

    /** All that can be decoded; {@code looks} is given the fingerprint of each by its key. */
    List<Example> read(CheckSettings checks, Findings findings, Map<String, Fingerprint> looks) {
        List<Example> examples = new ArrayList<>();
        List<String> empty = new ArrayList<>();
        List<String> broken = new ArrayList<>(unreadable);
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
                        (mayBeOther.test(name) ? others : broken).add(name + ": " + problem);
                }
            }
        }
        int all = files.size() + unreadable.size() + unlabelled.size();
        String rows = findings.wording().rows();
        findings.report(
                "Unreadable",
                // What cannot be decoded cannot stay.
                checks.unreadable() == CheckAction.Warn ? CheckAction.Remove : checks.unreadable(),
                source + ": " + broken.size() + " of " + all + " " + rows + " cannot be read as images",
                broken);
        CheckAction ofEmpty = checks.empty() == CheckAction.Fail ? CheckAction.Fail : CheckAction.Remove;
        findings.report(
                "Empty",
                ofEmpty,
                source + ": " + empty.size() + " " + findings.wording().empty(),
                empty);
        findings.report("Empty", ofEmpty, source + ": " + unlabelled.size() + " rows have no label", unlabelled);
        findings.report(
                "OtherFiles",
                CheckAction.Remove,
                source + ": " + others.size() + " files are neither images nor named as such, and are left out",
                others);
        if (examples.isEmpty()) {
            throw new StageException(
                    FailureClass.InvalidData,
                    source + " has no image that can be read among its " + all + " " + rows + ". "
                            + Findings.shown(broken.isEmpty() ? empty.isEmpty() ? others : empty : broken));
        }
        return examples;
    }

    private Seen look(Labelled file) {
        try {
            if (file.image().length() == 0) {
                return new Seen.Empty(file.name());
            }
            ImageDecoder.checkLength(file.image().length());
            Pixels pixels = ImageDecoder.decode(file.image().read());
            return new Seen.Image(
                    Example.ofImage(file.id(), pixels.key(), file.label(), file.image()), Fingerprint.of(pixels));
        } catch (UnreadableImageException e) {
            return new Seen.Broken(file.name(), String.valueOf(e.getMessage()));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file.id(), e);
        }
    }
}
