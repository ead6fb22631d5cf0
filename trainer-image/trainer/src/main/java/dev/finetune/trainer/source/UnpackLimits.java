package dev.finetune.trainer.source;

/**
 * What an archive may hold.
 *
 * @param ratio how many bytes may come out for one byte that went in; the first megabyte is free, so that small files of one line
 *     repeated are no bombs
 */
record UnpackLimits(int entries, long bytes, int ratio) {
    private static final long FREE = 1L << 20;

    /** Of a stream that a person sends, whose packed size is not known. */
    static final UnpackLimits SENT = new UnpackLimits(10_000, 64L << 30, Integer.MAX_VALUE);

    /** Of a data set. */
    static final UnpackLimits DATA = new UnpackLimits(1_000_000, 20L << 30, 100);

    /** Of a model in the layers of an image. */
    static final UnpackLimits MODEL = new UnpackLimits(100_000, 200L << 30, 100);

    /** The most bytes that an archive of that size may hold. */
    long most(long packed) {
        return Math.min(bytes, Math.max(FREE, packed > bytes / ratio ? bytes : packed * ratio));
    }
}
