package dev.finetune.trainer.dataset;

import de.siegmar.fastcsv.reader.CloseableIterator;
import de.siegmar.fastcsv.reader.CsvCallbackHandler;
import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.FieldMismatchStrategy;
import de.siegmar.fastcsv.reader.RecordType;
import dev.finetune.api.FailureClass;
import dev.finetune.api.run.StageException;
import java.io.Closeable;
import java.io.FilterReader;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The records of a delimited file, strictly by RFC 4180 where there is a quote character. The parser alone would accept a quote that
 * is never closed and quotes inside unquoted fields; both are found here by counting: in a sound file every quote has its partner.
 */
final class CsvLines implements Closeable {
    /**
     * Stands for no quoting. A lone surrogate cannot begin a field, because {@link StrictDecoder} produces only its own mark.
     */
    private static final char NO_QUOTE = '\uDC02';

    /** One record; {@code looseQuote}: an unquoted field holds the quote character. */
    record Line(long number, List<String> fields, boolean blank, boolean looseQuote) {}

    private final String file;
    private final char quote;
    private final QuoteCounter counter;
    private final Handler handler;
    private final CloseableIterator<Line> lines;
    private @Nullable Line ahead;

    CsvLines(String file, Reader reader, ReadSettings settings) {
        this.file = file;
        this.quote = settings.quote().orElse(NO_QUOTE);
        this.counter = new QuoteCounter(reader, quote);
        this.handler = new Handler(quote);
        this.lines = CsvReader.builder()
                .fieldSeparator(settings.delimiter())
                .quoteCharacter(quote)
                .skipEmptyLines(false)
                .extraFieldStrategy(FieldMismatchStrategy.IGNORE)
                .missingFieldStrategy(FieldMismatchStrategy.IGNORE)
                .allowExtraCharsAfterClosingQuote(false)
                .maxBufferSize(RowReader.MAX_ROW_LENGTH)
                .build(handler, counter)
                .iterator();
        this.ahead = read();
    }

    /** The next record; empty at the end. */
    Optional<Line> next() {
        Line line = ahead;
        if (line == null) {
            return Optional.empty();
        }
        ahead = read();
        // Only now is it known whether this was the last record, which a quote without an end swallows all the rest
        // into.
        if (ahead == null && quote != NO_QUOTE && (counter.count - handler.looseQuotes) % 2 != 0) {
            throw broken(line.number(), "a quote is opened and never closed");
        }
        return Optional.of(line);
    }

    private @Nullable Line read() {
        try {
            return lines.hasNext() ? lines.next() : null;
        } catch (CsvParseException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw broken(handler.line, String.valueOf(cause.getMessage()));
        } catch (UncheckedIOException e) {
            // The parser wraps the overflow of its buffer like a failure to read.
            if (String.valueOf(e.getCause()).contains("maximum")) {
                throw broken(handler.line, "it is longer than " + RowReader.MAX_ROW_LENGTH + " characters");
            }
            throw e;
        }
    }

    private StageException broken(long line, String problem) {
        return new StageException(
                FailureClass.InvalidData,
                file + ": the row that begins on line " + line + " cannot be read: " + problem + ". "
                        + (quote == NO_QUOTE
                                ? "Look at that line."
                                : "Write " + quote + " inside a field as " + quote + quote
                                        + " and put the field in quotes,"
                                        + " or set spec.dataset.csv.quote: None if quotes are ordinary characters in this file."));
    }

    @Override
    public void close() throws IOException {
        lines.close();
    }

    /** Counts quote characters as they pass. */
    private static final class QuoteCounter extends FilterReader {
        private final char quote;
        private long count;

        QuoteCounter(Reader in, char quote) {
            super(in);
            this.quote = quote;
        }

        @Override
        public int read(char[] target, int offset, int length) throws IOException {
            int n = super.read(target, offset, length);
            for (int i = offset; i < offset + n; i++) {
                if (target[i] == quote) {
                    count++;
                }
            }
            return n;
        }
    }

    /** Builds records, and keeps what the library's own records drop: whether a field was quoted. */
    private static final class Handler extends CsvCallbackHandler<Line> {
        private final char quote;
        private final List<String> fields = new ArrayList<>();
        private long line = 1;
        private boolean blank;
        private boolean loose;
        private long looseQuotes;

        Handler(char quote) {
            this.quote = quote;
        }

        @Override
        protected RecordType getRecordType() {
            return blank ? RecordType.EMPTY : RecordType.DATA;
        }

        @Override
        protected int getFieldCount() {
            return fields.size();
        }

        @Override
        protected void beginRecord(long startingLineNumber) {
            line = startingLineNumber;
            fields.clear();
            blank = false;
            loose = false;
        }

        @Override
        protected void addField(char[] buffer, int offset, int length, boolean quoted) {
            String field = new String(buffer, offset, length);
            if (!quoted && field.indexOf(quote) >= 0) {
                loose = true;
                looseQuotes += field.chars().filter(c -> c == quote).count();
            }
            fields.add(field);
        }

        @Override
        protected void setComment(char[] buffer, int offset, int length) {
            throw new IllegalStateException("comments are not switched on");
        }

        @Override
        protected void setEmpty() {
            blank = true;
            fields.add("");
        }

        @Override
        protected Line buildRecord() {
            return new Line(line, List.copyOf(fields), blank, loose);
        }
    }
}
