package dev.finetune.trainer.dataset;

import dev.finetune.api.Answer;
import dev.finetune.trainer.transform.TextInput;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One labelled input, raw as it was decoded. {@code id} says where it stood ({@code train.csv:17}); {@code key} is 16 hex digits over
 * the normalised input, equal for duplicates (design/judgement.md 1); {@code label} is the answer as text: a label, a {@link LabelSet}, a number. Stored one JSON object per line.
 */
public record Example(
        String id, String key, String text, @Nullable String textPair, String label) {
    /** One of a single text. */
    public Example(String id, String key, String text, String label) {
        this(id, key, text, null, label);
    }

    /** The label as a number, where the task is to predict one. */
    public double number() {
        return Double.parseDouble(label.strip());
    }

    /** The labels that it has where answers are of that kind: one, or any number of them; none where it has a number. */
    public List<String> labels(Answer answer) {
        return switch (answer) {
            case Label -> List.of(label);
            case Labels -> LabelSet.read(label);
            case Number -> List.of();
        };
    }

    /** What a model is asked. */
    public TextInput input() {
        return new TextInput(text, textPair);
    }
}
