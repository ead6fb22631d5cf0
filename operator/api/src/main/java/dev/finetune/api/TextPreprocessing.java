package dev.finetune.api;

import org.jspecify.annotations.Nullable;

/** How a text is cleaned before it is tokenised; {@code maxLength} counts tokens. */
public record TextPreprocessing(
        @Nullable Boolean unescapeHtml,
        @Nullable UnicodeForm normalizeUnicode,
        @Nullable Boolean lowercase,
        @Nullable Integer maxLength) {}
