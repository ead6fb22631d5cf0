package dev.finetune.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** To which size an image is resized: one of the length of its shorter edge, and its height and width. In pixels. */
public record ImageResize(
        @Nullable Integer shortest, @Nullable List<Integer> exact) {}
