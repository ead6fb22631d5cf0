package dev.finetune.trainer.training;

import com.fasterxml.jackson.databind.JsonNode;
import dev.finetune.api.Augmentation;
import dev.finetune.api.Json;
import dev.finetune.trainer.transform.Pixels;
import dev.finetune.trainer.transform.Thumbnail;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * {@code run/augmentation.json}, for the report: what a job changes, in words, and some training examples beside what training makes of
 * them in its first epochs. Images are small pictures as data: URIs, long texts are cut.
 */
record AugmentationSamples(List<String> changes, List<Sample> samples) {
    static final String FILE = "augmentation.json";

    private static final int COUNT = 5;
    private static final int EPOCHS = 2;
    private static final int MAX_TEXT = 300;

    /** One example unchanged, and as it is in each of the epochs. */
    record Sample(String id, String before, List<String> after) {}

    /** Of a job that changes nothing. */
    static AugmentationSamples none() {
        return new AugmentationSamples(List.of(), List.of());
    }

    /** The texts as training takes them, unchanged and changed; told is where synonyms are not WordNet's. */
    static AugmentationSamples of(List<Augmentation> asked, AugmentedTexts texts, boolean ownThesaurus) {
        List<Sample> samples = new ArrayList<>();
        for (int example : some(texts.size())) {
            List<String> after = new ArrayList<>();
            for (int epoch = 0; epoch < EPOCHS; epoch++) {
                after.add(cut(texts.changed(epoch, example).toString()));
            }
            samples.add(new Sample(
                    texts.ids().get(example), cut(texts.unchanged(example).toString()), after));
        }
        return new AugmentationSamples(
                asked.stream().map(a -> described(a, ownThesaurus)).toList(), samples);
    }

    /** The images as training takes them, unchanged and changed; none where they are only mixed with each other. */
    static AugmentationSamples of(List<Augmentation> asked, ImageExamples plain, ImageExamples changed) {
        List<Sample> samples = new ArrayList<>();
        boolean alone =
                asked.stream().anyMatch(a -> a.type() == null || !a.type().mixes());
        for (int example : alone ? some(plain.size()) : List.<Integer>of()) {
            List<Optional<String>> after = new ArrayList<>();
            for (int epoch = 0; epoch < EPOCHS; epoch++) {
                after.add(picture(changed.fitted(epoch, example)));
            }
            Optional<String> before = picture(plain.fitted(0, example));
            if (before.isPresent() && after.stream().allMatch(Optional::isPresent)) {
                samples.add(new Sample(
                        plain.ids().get(example),
                        before.get(),
                        after.stream().flatMap(Optional::stream).toList()));
            }
        }
        return new AugmentationSamples(
                asked.stream().map(a -> described(a, false)).toList(), samples);
    }

    /** Examples spread over all. */
    private static List<Integer> some(int size) {
        List<Integer> some = new ArrayList<>();
        for (int i = 0; i < Math.min(COUNT, size); i++) {
            some.add((int) ((long) i * size / Math.min(COUNT, size)));
        }
        return some;
    }

    private static Optional<String> picture(Pixels image) {
        try {
            return Thumbnail.of(image);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String cut(String text) {
        return text.codePointCount(0, text.length()) <= MAX_TEXT
                ? text
                : text.substring(0, text.offsetByCodePoints(0, MAX_TEXT)) + " ...";
    }

    /** As {@code RandomDeletion (probability 0.2)}. */
    private static String described(Augmentation asked, boolean ownThesaurus) {
        List<String> members = new ArrayList<>();
        for (var member : Json.MAPPER.valueToTree(asked).properties()) {
            JsonNode value = member.getValue();
            if (!value.isNull() && !member.getKey().equals("type")) {
                members.add(member.getKey() + " " + value.asText());
            }
        }
        if (ownThesaurus && asked.type() != null && asked.type().takesSynonyms()) {
            members.add("synonyms of the job's own thesaurus");
        }
        return asked.type() + (members.isEmpty() ? "" : " (" + String.join(", ", members) + ")");
    }
}
