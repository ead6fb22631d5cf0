package dev.finetune.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How an image is prepared; what is absent is as the base model has it. {@code crop} is the edge of a square in pixels, {@code mean} and
 * {@code std} are decimals, one a channel, of values from 0 to 1.
 */
public record ImagePreprocessing(
        @Nullable ImageResize resize,
        @Nullable Integer crop,
        @Nullable Resampling resample,
        @Nullable List<String> mean,
        @Nullable List<String> std) {}
