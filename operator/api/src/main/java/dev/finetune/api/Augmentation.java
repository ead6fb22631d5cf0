package dev.finetune.api;

import org.jspecify.annotations.Nullable;

/** One change of training examples, with the members that its type has. */
public record Augmentation(
        @Nullable AugmentationType type,
        @Nullable String probability,
        @Nullable String minScale,
        @Nullable String degrees,
        @Nullable String brightness,
        @Nullable String contrast,
        @Nullable String saturation,
        @Nullable String hue,
        @Nullable Integer operations,
        @Nullable Integer magnitude,
        @Nullable String alpha) {}
