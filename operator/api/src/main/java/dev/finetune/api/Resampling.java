package dev.finetune.api;

/** The filter that an image is resized with, as Pillow calls it. */
public enum Resampling {
    /** The nearest pixel. */
    Nearest,
    /** Windowed sinc of three lobes. */
    Lanczos,
    /** Triangle. */
    Bilinear,
    /** Cubic. */
    Bicubic,
    /** Mean of the covered pixels. */
    Box,
    /** Hamming window. */
    Hamming
}
