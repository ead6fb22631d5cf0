package dev.finetune.trainer.dataset;

import dev.finetune.api.Answer;
import dev.finetune.trainer.transform.Entity;
import dev.finetune.trainer.transform.Input;
import dev.finetune.trainer.transform.TextInput;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One labelled input, raw as it was decoded. {@code id} says where it stood ({@code train.csv:17}); {@code key} is 16 hex digits over
 * the normalised input, equal for duplicates (design/judgement.md 1); {@code label} is the answer as text: a label, a {@link LabelSet}, a number, or the tags of the words of {@code text} as a {@link TextList}.
 * An image has no text; {@code image} says where its file lies. Stored one JSON object per line.
 */
public record Example(
        String id,
        String key,
        String text,
        @Nullable String textPair,
        String label,
        @Nullable StoredImage image) {
    /** One of a single text. */
    public Example(String id, String key, String text, String label) {
        this(id, key, text, null, label, null);
    }

    /** One of a text, or two. */
    public Example(String id, String key, String text, @Nullable String textPair, String label) {
        this(id, key, text, textPair, label, null);
    }

    /** One of an image, which has no text. */
    static Example ofImage(String id, String key, String label, StoredImage image) {
        return new Example(id, key, "", null, label, image);
    }

    /** The same with its image elsewhere. */
    Example with(StoredImage place) {
        return new Example(id, key, text, textPair, label, place);
    }

    /** The label as a number, where the task is to predict one. */
    public double number() {
        return Double.parseDouble(label.strip());
    }

    /** The labels that it has where answers are of that kind: one, or any number of them; none where it has a number. Of tags they are
     * the types of its entities, each as often as it has one. */
    public List<String> labels(Answer answer) {
        return switch (answer) {
            case Label -> List.of(label);
            case Labels -> LabelSet.read(label);
            case Tags ->
                Entity.of(TextList.read(label)).stream().map(Entity::type).toList();
            case Number -> List.of();
        };
    }

    /** The text, or texts, that a model is asked about. */
    public TextInput input() {
        if (image != null) {
            throw new IllegalStateException("expected a text, " + id + " is an image");
        }
        return new TextInput(text, textPair);
    }

    /** What a model is asked about, whatever it is. */
    public Input asked() {
        return image == null ? input() : image.input();
    }
}
