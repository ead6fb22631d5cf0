package dev.finetune.trainer.training;

import java.util.function.LongSupplier;

/** How often training tells how far it is: at once, then at most every ten seconds. */
final class Pace {
    private static final long EVERY = 10_000_000_000L;

    private final LongSupplier nanos;
    private long told;

    Pace(LongSupplier nanos) {
        this.nanos = nanos;
        this.told = nanos.getAsLong() - EVERY;
    }

    /** Whether it is time again; who asks then tells. */
    boolean isDue() {
        long now = nanos.getAsLong();
        if (now - told < EVERY) {
            return false;
        }
        told = now;
        return true;
    }
}
