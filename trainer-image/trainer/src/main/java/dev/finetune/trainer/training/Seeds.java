package dev.finetune.trainer.training;

/** Seeds derived from the run's one seed by purpose, so that no generator's state ever has to be stored. */
final class Seeds {
    /** The order of the examples of an epoch. */
    static final long ORDER = 1;

    /** The dropout masks of a micro-step. */
    static final long MASKS = 2;

    /** The weights that the base model lacks. */
    static final long INITIAL_WEIGHTS = 3;

    /** The changes of training examples. */
    static final long AUGMENTATION = 4;

    /** How the images of a step are mixed. */
    static final long MIXING = 5;
    /** Which examples of rare labels an epoch takes once more. */
    static final long REPEATS = 8;

    private Seeds() {}

    /** One well-mixed seed of several numbers (the finaliser of SplitMix64 after each). */
    static long mix(long... parts) {
        long state = 0x9E3779B97F4A7C15L;
        for (long part : parts) {
            state = (state ^ part) + 0x9E3779B97F4A7C15L;
            state = (state ^ (state >>> 30)) * 0xBF58476D1CE4E5B9L;
            state = (state ^ (state >>> 27)) * 0x94D049BB133111EBL;
            state ^= state >>> 31;
        }
        return state;
    }
}
