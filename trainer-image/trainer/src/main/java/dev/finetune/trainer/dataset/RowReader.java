package dev.finetune.trainer.dataset;

import java.io.Closeable;
import java.io.IOException;
import java.util.Optional;

/** The rows of one data file, one at a time. What makes the rest of the file unreadable is thrown as InvalidData. */
interface RowReader extends Closeable {
    /** The longest row that is read, in characters: more is no text to classify, and would fill the memory. */
    int MAX_ROW_LENGTH = 8 << 20;

    /** The next row; empty at the end. */
    Optional<Row> next() throws IOException;
}
