package dev.finetune.trainer.transform;

import dev.finetune.api.TextPreprocessing;
import org.jspecify.annotations.Nullable;

/** What a model is asked about: a text, or a text and the one that it is compared with. */
public record TextInput(String text, @Nullable String textPair) implements Input {
    /** A single text. */
    public static TextInput of(String text) {
        return new TextInput(text, null);
    }

    @Override
    public TextInput texts() {
        return this;
    }

    /** The same after cleaning. */
    public TextInput cleaned(TextPreprocessing settings) {
        return new TextInput(
                TextCleaner.clean(text, settings), textPair == null ? null : TextCleaner.clean(textPair, settings));
    }

    /** Characters of all texts. */
    public int length() {
        return text.length() + (textPair == null ? 0 : textPair.length());
    }

    /** The texts as people read them: one, or both with a bar between. */
    @Override
    public String toString() {
        return textPair == null ? text : text + " | " + textPair;
    }
}
