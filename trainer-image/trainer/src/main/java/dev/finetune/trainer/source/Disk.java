package dev.finetune.trainer.source;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;

/** A file that is being written. Its failures come unchecked, which tells a full disk from a broken connection or archive. */
final class Disk extends FilterOutputStream {
    Disk(OutputStream out) {
        super(out);
    }

    @Override
    public void write(byte[] bytes, int from, int length) {
        try {
            out.write(bytes, from, length);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
