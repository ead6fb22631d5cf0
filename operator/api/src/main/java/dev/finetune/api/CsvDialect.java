package dev.finetune.api;

import org.jspecify.annotations.Nullable;

/**
 * How CSV and TSV files deviate from RFC 4180 with a header. {@code quote} is one character or {@code None}; {@code labelSeparator} stands
 * between the labels of one field.
 */
public record CsvDialect(
        @Nullable String delimiter,
        @Nullable String quote,
        @Nullable Boolean header,
        @Nullable String encoding,
        @Nullable String labelSeparator) {
    /** One for files whose rows have one label. */
    public CsvDialect(
            @Nullable String delimiter, @Nullable String quote, @Nullable Boolean header, @Nullable String encoding) {
        this(delimiter, quote, header, encoding, null);
    }
}
