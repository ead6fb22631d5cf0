package dev.finetune.api;

import org.jspecify.annotations.Nullable;

/** How CSV and TSV files deviate from RFC 4180 with a header. {@code quote} is one character or {@code None}. */
public record CsvDialect(
        @Nullable String delimiter,
        @Nullable String quote,
        @Nullable Boolean header,
        @Nullable String encoding) {}
