package dev.finetune.trainer.cli;

import dev.finetune.api.run.ExitCode;
import dev.finetune.trainer.training.StopSignal;
import java.util.concurrent.CountDownLatch;
import java.util.function.IntConsumer;

/**
 * SIGTERM asks the running stage to save and waits for it; a stage with nothing to save ends at once (all it writes is atomic).
 * The process is halted from within the hook: a plain exit would report 143 even for a stage that just finished.
 */
final class SignalGuard {
    private final StopSignal stop = new StopSignal();
    private final CountDownLatch done = new CountDownLatch(1);
    private final IntConsumer halt;
    private volatile boolean saves;
    private volatile int exitCode = ExitCode.TERMINATED.code();

    private SignalGuard(IntConsumer halt) {
        this.halt = halt;
    }

    /** A guard that hears the process's signals from now on. */
    static SignalGuard install() {
        SignalGuard guard = new SignalGuard(code -> Runtime.getRuntime().halt(code));
        Runtime.getRuntime().addShutdownHook(new Thread(guard::terminate, "sigterm"));
        return guard;
    }

    /** A guard that only hears {@link #terminate}, for tests. */
    static SignalGuard detached(IntConsumer halt) {
        return new SignalGuard(halt);
    }

    StopSignal stop() {
        return stop;
    }

    /** Whether the stage that runs now saves something when it is asked to stop. */
    void saves(boolean value) {
        saves = value;
    }

    /** The work is over with that status. */
    int finished(int code) {
        exitCode = code;
        done.countDown();
        return code;
    }

    /** What the shutdown hook does; a normal exit passes here as well, with its own status. */
    void terminate() {
        stop.request();
        if (saves) {
            try {
                done.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        System.out.flush();
        System.err.flush();
        halt.accept(exitCode);
    }
}
