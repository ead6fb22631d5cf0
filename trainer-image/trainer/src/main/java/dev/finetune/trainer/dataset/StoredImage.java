package dev.finetune.trainer.dataset;

import dev.finetune.trainer.transform.ImageInput;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Where the bytes of an image file lie: a file of their own, or a part of a pack. In a list of examples the name is relative to the
 * list's folder.
 */
public record StoredImage(String file, long offset, int length) {
    /** A file of its own; the length of one that is too long for an image is the most that there is. */
    static StoredImage of(Path file) {
        try {
            return new StoredImage(file.toString(), 0, (int) Math.min(Integer.MAX_VALUE, Files.size(file)));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file, e);
        }
    }

    /** The same place, from that folder on. */
    StoredImage in(Path folder) {
        return new StoredImage(folder.resolve(file).toString(), offset, length);
    }

    /** The bytes of the image file. */
    public byte[] read() throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(length);
        try (FileChannel channel = FileChannel.open(Path.of(file))) {
            while (bytes.hasRemaining()) {
                if (channel.read(bytes, offset + bytes.position()) < 0) {
                    throw new EOFException("%s ends before byte %d: it is not the file that was prepared"
                            .formatted(file, offset + length));
                }
            }
        }
        return bytes.array();
    }

    /** What a model is asked. */
    public ImageInput input() {
        return new ImageInput(this::read);
    }
}
