package dev.finetune.trainer.cli;

import dev.finetune.api.run.ExitCode;
import dev.finetune.trainer.training.StopSignal;
import java.util.concurrent.CountDownLatch;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

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
    private @Nullable Thread hook;

    private SignalGuard(IntConsumer halt) {
        this.halt = halt;
    }

    /** A guard that hears the process's signals from now on. */
    static SignalGuard install() {
        SignalGuard guard = new SignalGuard(code -> Runtime.getRuntime().halt(code));
        Thread hook = new Thread(guard::terminate, "sigterm");
        Runtime.getRuntime().addShutdownHook(hook);
        guard.hook = hook;
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

    /** The work is over with that status: signals are no longer heard, unless one came before and waits for this. */
    int finished(int code) {
        exitCode = code;
        done.countDown();
        Thread registered = hook;
        if (registered != null) {
            try {
                Runtime.getRuntime().removeShutdownHook(registered);
            } catch (IllegalStateException shutdownHasBegun) {
                return code; // the hook is at work, and ends the process with this status
            }
        }
        return code;
    }

    /** What the shutdown hook does. */
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
