package dev.finetune.trainer.cli;

import dev.finetune.api.Json;
import dev.finetune.api.run.Progress;
import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.function.Consumer;

/** One line {@code progress {...}} of a pod's log, at most every ten seconds; what comes in between is dropped. */
final class ProgressLog implements Consumer<Progress> {
    private static final Duration INTERVAL = Duration.ofSeconds(10);

    private final PrintStream out;
    private final InstantSource clock;
    private Instant next = Instant.MIN;

    ProgressLog(PrintStream out, InstantSource clock) {
        this.out = out;
        this.clock = clock;
    }

    @Override
    public synchronized void accept(Progress progress) {
        Instant now = clock.instant();
        if (!now.isBefore(next)) {
            out.println(Progress.PREFIX + Json.write(progress));
            out.flush();
            next = now.plus(INTERVAL);
        }
    }
}
