package dev.finetune.api;

import org.jspecify.annotations.Nullable;

/** How an input is prepared, by modality. */
public record Preprocessing(
        @Nullable TextPreprocessing text, @Nullable ImagePreprocessing image) {}
