package dev.finetune.trainer.dataset;

import dev.hardwood.InputFile;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A Parquet file that is read, not mapped: where another process shortens a mapped file, the signal that follows ends the whole process
 * inside a decompressor's native code.
 */
final class ReadFile implements InputFile {
    /** How often a file is read at most: the reader goes round in circles where page headers of no length follow each other. */
    private static final int MOST_TIMES = 10;

    private static final long FREE = 16 << 20;

    /** What one read counts for at least: those of a circle may be of no bytes at all. */
    private static final long LEAST = 4096;

    private final AtomicLong read = new AtomicLong();
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
        // Before memory is taken for what a damaged footer claims.
        if (offset < 0 || length < 0 || offset > file.size() - length) {
            throw ends(file, offset, length);
        }
        if (read.addAndGet(Math.max(LEAST, length)) > MOST_TIMES * file.size() + FREE) {
            throw new IOException("its pages point to each other, it was read %d times already".formatted(MOST_TIMES));
        }
        // The decompressors want memory outside of the heap.
        ByteBuffer range = ByteBuffer.allocateDirect(length);
        while (range.hasRemaining()) {
            if (file.read(range, offset + range.position()) < 0) {
                throw ends(file, offset, length);
            }
        }
        return range.flip();
    }

    private static EOFException ends(FileChannel file, long offset, int length) throws IOException {
        return new EOFException(
                "it ends at " + file.size() + " and was expected to hold " + length + " bytes at " + offset);
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
