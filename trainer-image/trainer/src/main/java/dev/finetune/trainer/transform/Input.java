package dev.finetune.trainer.transform;

/** What a model is asked about. */
public sealed interface Input permits TextInput, ImageInput, FittedImage {
    /** The text, or texts; an {@link IllegalArgumentException} where it is something else. */
    default TextInput texts() {
        throw new IllegalArgumentException("expected a text, got " + this);
    }
}
