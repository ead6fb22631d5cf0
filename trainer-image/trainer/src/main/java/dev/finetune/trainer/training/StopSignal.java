package dev.finetune.trainer.training;

import java.util.concurrent.atomic.AtomicBoolean;

/** Asks a running stage to save and stop; set once, by the process's SIGTERM hook. */
public final class StopSignal {
    private final AtomicBoolean requested = new AtomicBoolean();

    /** Asks the stage to stop at the next optimizer step. */
    public void request() {
        requested.set(true);
    }

    /** Whether somebody asked. */
    public boolean requested() {
        return requested.get();
    }
}
