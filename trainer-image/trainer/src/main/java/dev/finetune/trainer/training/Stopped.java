package dev.finetune.trainer.training;

/** Training was asked to stop and has saved a checkpoint; the process ends with 143. */
public final class Stopped extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Stopped(long step) {
        super("stopped after optimizer step " + step
                + "; the checkpoint is saved, start again with the same plan to go on");
    }
}
