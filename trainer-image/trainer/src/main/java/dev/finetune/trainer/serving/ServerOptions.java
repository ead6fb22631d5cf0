package dev.finetune.trainer.serving;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How a server answers. {@code modelName} absent means the manifest's; {@code settle} is how long it keeps accepting after it turned
 * not ready, so that every proxy has heard of it; {@code drain} bounds the wait for the answers that are still owed.
 */
public record ServerOptions(
        int port,
        @Nullable String modelName,
        int maxBatchSize,
        int maxConcurrency,
        Duration timeout,
        Duration settle,
        Duration drain) {
    /** What a server does when it is told nothing. */
    public static final ServerOptions DEFAULTS = new ServerOptions(
            8080, null, 16, 64, Duration.ofSeconds(30), Duration.ofSeconds(5), Duration.ofSeconds(20));
}
