package dev.finetune.trainer.dataset;

import java.io.Closeable;
import java.io.IOException;
import java.util.Optional;

/** The rows of one source of data, one at a time. What makes the rest of the file unreadable is thrown as InvalidData. */
interface RowReader extends Closeable {
    /** The longest row that is read, in characters: more is no text to classify, and would fill the memory. */
    int MAX_ROW_LENGTH = 8 << 20;

    /** The next row; empty at the end. */
    Optional<Row> next() throws IOException;

    /** The file inside the source that the last row came from; empty where the source is one file. */
    default Optional<String> part() {
        return Optional.empty();
    }

    /** What {@link Row#line} counts, as messages call it. */
    default String unit() {
        return "line";
    }
}
