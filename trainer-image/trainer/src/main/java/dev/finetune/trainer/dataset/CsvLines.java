package dev.finetune.trainer.dataset;

import dev.finetune.api.FailureClass;
import dev.finetune.api.run.StageException;
import java.io.Closeable;
import java.io.IOException;
import java.io.Reader;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The records of a delimited file, strictly by RFC 4180 where there is a quote character. Written here because no library reports
 * all that a user must be told: one accepts a quote that is never closed and loses the end of a record after a quoted carriage
 * return, another accepts quotes inside unquoted fields.
 */
final class CsvLines implements Closeable {
    private static final int END = -1;
    private static final int NO_QUOTE = -2;

    /** One record; {@code looseQuote}: an unquoted field holds the quote character. */
    record Line(long number, List<String> fields, boolean blank, boolean looseQuote) {}

    private final String file;
    private final Reader reader;
    private final char delimiter;
    private final int quote;
    private final char[] buffer = new char[1 << 14];
    private int position;
    private int limit;
    private final StringBuilder field = new StringBuilder();
    private long line = 1;
    private boolean afterReturn;
    private long start;
    private int length;
    private boolean looseQuote;

    CsvLines(String file, Reader reader, ReadSettings settings) {
        this.file = file;
        this.reader = reader;
        this.delimiter = settings.delimiter();
        this.quote = settings.quote().map(q -> (int) q).orElse(NO_QUOTE);
    }

    /** The next record; empty at the end. What makes the rest of the file unreadable is InvalidData. */
    Optional<Line> next() throws IOException {
        if (peek() == END) {
            return Optional.empty();
        }
        start = line;
        length = 0;
        looseQuote = false;
        boolean blank = isLineEnd(peek());
        List<String> fields = new ArrayList<>();
        do {
            fields.add(peek() == quote ? quoted() : plain());
        } while (delimiterFollows());
        return Optional.of(new Line(start, fields, blank, looseQuote));
    }

    private String plain() throws IOException {
        field.setLength(0);
        for (int c = peek(); c != END && c != delimiter && !isLineEnd(c); c = peek()) {
            looseQuote |= c == quote;
            field.append((char) take());
        }
        return field.toString();
    }

    private String quoted() throws IOException {
        field.setLength(0);
        take();
        while (true) {
            int c = take();
            if (c == END) {
                throw broken("a quote is opened and never closed");
            }
            if (c == quote && peek() != quote) {
                break;
            }
            if (c == quote) {
                take();
            }
            field.append((char) c);
        }
        int next = peek();
        if (next != END && next != delimiter && !isLineEnd(next)) {
            throw broken("'" + (char) next
                    + "' follows a closing quote, where the delimiter or the end of the line was expected");
        }
        return field.toString();
    }

    /** Consumes what ends a field. */
    private boolean delimiterFollows() throws IOException {
        int c = take();
        if (c == '\r' && peek() == '\n') {
            take();
        }
        return c == delimiter;
    }

    private static boolean isLineEnd(int c) {
        return c == '\n' || c == '\r';
    }

    private int peek() throws IOException {
        if (position == limit) {
            position = 0;
            limit = Math.max(reader.read(buffer, 0, buffer.length), 0);
        }
        return position < limit ? buffer[position] : END;
    }

    private int take() throws IOException {
        int c = peek();
        if (c == END) {
            return END;
        }
        position++;
        if (c == '\r' || (c == '\n' && !afterReturn)) {
            line++;
        }
        afterReturn = c == '\r';
        if (++length > RowReader.MAX_ROW_LENGTH) {
            throw broken(
                    "it is longer than " + RowReader.MAX_ROW_LENGTH + " characters, as where a quote is never closed");
        }
        return c;
    }

    private StageException broken(String problem) {
        String advice = quote == NO_QUOTE
                ? "Look at that line."
                : "Write " + (char) quote + " inside a field as " + (char) quote + (char) quote
                        + " and put the field in quotes, or set spec.dataset.csv.quote: None if quotes are ordinary characters in this file.";
        return new StageException(
                FailureClass.InvalidData,
                file + ": the row that begins on line " + start + " cannot be read: " + problem + ". " + advice);
    }

    @Override
    public void close() throws IOException {
        reader.close();
    }
}
