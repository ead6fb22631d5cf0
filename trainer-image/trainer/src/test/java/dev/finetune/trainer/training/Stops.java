package dev.finetune.trainer.training;

/** What training throws when it was stopped, for tests of the processes around it. */
public final class Stops {
    private Stops() {}

    /** Stopped after ten steps. */
    public static Stopped stopped() {
        return new Stopped(10);
    }
}
