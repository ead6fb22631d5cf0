package dev.finetune.trainer.dataset;

import java.io.BufferedReader;
import java.io.Closeable;
import java.io.IOException;
import java.io.Reader;

/** The lines of a text, one at a time and never more than a row's limit of one in memory. They end with a line feed. */
final class Lines implements Closeable {
    private final BufferedReader reader;
    private final StringBuilder line = new StringBuilder();
    private long number;

    Lines(Reader reader) {
        this.reader = new BufferedReader(reader, 1 << 16);
    }

    /** Reads the next line; what exceeds the limit is skipped, and the line is left one character too long. False at the end. */
    boolean next() throws IOException {
        line.setLength(0);
        int c = reader.read();
        if (c < 0) {
            return false;
        }
        number++;
        for (; c >= 0 && c != '\n'; c = reader.read()) {
            if (line.length() <= RowReader.MAX_ROW_LENGTH) {
                line.append((char) c);
            }
        }
        return true;
    }

    /** The line that was read last. */
    String text() {
        return line.toString();
    }

    /** Whether it is longer than a row may be. */
    boolean isTooLong() {
        return line.length() > RowReader.MAX_ROW_LENGTH;
    }

    /** Its number, from 1. */
    long number() {
        return number;
    }

    @Override
    public void close() throws IOException {
        reader.close();
    }
}
