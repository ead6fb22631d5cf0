package dev.finetune.trainer.source;

import dev.finetune.api.FailureClass;
import dev.finetune.api.run.StageException;
import dev.finetune.trainer.dataset.AtomicFile;
import dev.finetune.trainer.dataset.Volume;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;

/** Downloads files over https, whole or not at all; {@link Download} says what happens on the way. */
final class HttpsFetcher {
    /** How often a download starts from the beginning because the file changed under it. */
    private static final int MAX_RESTARTS = 3;

    private final SafeConnection connections;
    private final Consumer<Duration> pause;

    HttpsFetcher() {
        this(AddressRule.PUBLIC_AND_PRIVATE, null, HttpsFetcher::sleep, Duration.ofSeconds(30));
    }

    /** For tests: another rule, other trust ({@code null} = the JDK's), another way to wait, another patience. */
    HttpsFetcher(AddressRule rule, @Nullable SSLSocketFactory tls, Consumer<Duration> pause, Duration readTimeout) {
        this.connections = new SafeConnection(rule, tls, Duration.ofSeconds(10), readTimeout);
        this.pause = pause;
    }

    /** Downloads to {@code target}; a file that is not there is SourceUnavailable. */
    FetchedFile fetch(URI address, Path target, long maxBytes) {
        return fetchIfPresent(address, target, maxBytes)
                .orElseThrow(() -> new StageException(
                        FailureClass.SourceUnavailable,
                        "Cannot read " + shown(address) + ": the server answers 404, there is no such file."));
    }

    /** Downloads to {@code target}; empty when the server says that there is no such file. */
    Optional<FetchedFile> fetchIfPresent(URI address, Path target, long maxBytes) {
        for (int restarts = 0; restarts < MAX_RESTARTS; restarts++) {
            Download download = new Download(address, maxBytes, connections, pause);
            try {
                AtomicFile.write(target, download::writeTo);
                return Optional.of(new FetchedFile(target, download.digest(), download.size()));
            } catch (Download.NotThere e) {
                return Optional.empty();
            } catch (Download.Changed e) {
                continue;
            } catch (UncheckedIOException e) {
                throw Volume.failure(target, Objects.requireNonNull(e.getCause()));
            } catch (IOException e) {
                throw Volume.failure(target, e);
            }
        }
        throw new StageException(
                FailureClass.SourceUnavailable,
                "Cannot read " + shown(address) + ": the file changed " + MAX_RESTARTS
                        + " times while it was downloaded. Publish it under a name that is not overwritten.");
    }

    /** An address as messages may show it: a query often carries a signature. */
    static String shown(URI address) {
        return address.getScheme() + "://" + address.getRawAuthority() + address.getRawPath()
                + (address.getRawQuery() == null ? "" : "?...");
    }

    private static void sleep(Duration duration) {
        try {
            Thread.sleep(duration);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for a server", e);
        }
    }
}
