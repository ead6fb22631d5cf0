package dev.finetune.trainer.transform;

import java.io.IOException;
import java.io.UncheckedIOException;

/** An image as it came: the bytes of its file, which are read when they are needed. */
public record ImageInput(Source source) implements Input {
    /** Where the bytes come from. */
    @FunctionalInterface
    public interface Source {
        /** All of them. */
        byte[] read() throws IOException;
    }

    /** One whose bytes are here already. */
    public static ImageInput of(byte[] file) {
        return new ImageInput(() -> file);
    }

    /** The bytes of the file; an {@link UncheckedIOException} where they cannot be read any more. */
    public byte[] bytes() {
        try {
            return source.read();
        } catch (IOException e) {
            throw new UncheckedIOException("an image cannot be read: " + e.getMessage(), e);
        }
    }

    @Override
    public String toString() {
        return "an image";
    }
}
