package dev.finetune.trainer.dataset;

import dev.hardwood.InputFile;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * A Parquet file that is read, not mapped: where another process shortens a mapped file, the signal that follows ends the whole process
 * inside a decompressor's native code.
 */
final class ReadFile implements InputFile {
    private final Path path;
    private @Nullable FileChannel channel;

    ReadFile(Path path) {
        this.path = path;
    }

    @Override
    public synchronized void open() throws IOException {
        if (channel == null) {
            channel = FileChannel.open(path, StandardOpenOption.READ);
        }
    }

    @Override
    public ByteBuffer readRange(long offset, int length) throws IOException {
        FileChannel file = opened();
        // The decompressors want memory outside of the heap.
        ByteBuffer range = ByteBuffer.allocateDirect(length);
        while (range.hasRemaining()) {
            if (file.read(range, offset + range.position()) < 0) {
                throw new EOFException(
                        "it ends at " + file.size() + " and was expected to hold " + length + " bytes at " + offset);
            }
        }
        return range.flip();
    }

    @Override
    public long length() throws IOException {
        return opened().size();
    }

    @Override
    public String name() {
        return String.valueOf(path.getFileName());
    }

    @Override
    public synchronized void close() throws IOException {
        if (channel != null) {
            channel.close();
            channel = null;
        }
    }

    private synchronized FileChannel opened() throws IOException {
        if (channel == null) {
            throw new IOException(path + " is not open");
        }
        return channel;
    }
}
