package dev.finetune.trainer.source;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;

/** Downloads files over https, whole or not at all; {@link Download} says what happens on the way. */
final class HttpsFetcher {
    private final SafeConnection connections;
    private final Consumer<Duration> pause;
    private final SharedCache cache;

    HttpsFetcher() {
        this(SharedCache.none());
    }

    HttpsFetcher(SharedCache cache) {
        this(AddressRule.PUBLIC_AND_PRIVATE, null, HttpsFetcher::sleep, Duration.ofSeconds(30), cache);
    }

    /** For tests: another rule, other trust ({@code null} = the JDK's), another way to wait, another patience. */
    HttpsFetcher(AddressRule rule, @Nullable SSLSocketFactory tls, Consumer<Duration> pause, Duration readTimeout) {
        this(rule, tls, pause, readTimeout, SharedCache.none());
    }

    /** For tests: as that, with a cache. */
    HttpsFetcher(
            AddressRule rule,
            @Nullable SSLSocketFactory tls,
            Consumer<Duration> pause,
            Duration readTimeout,
            SharedCache cache) {
        this.connections = new SafeConnection(rule, tls, Duration.ofSeconds(10), readTimeout);
        this.pause = pause;
        this.cache = cache;
    }

    /** Downloads to {@code target}; a file that is not there is SourceUnavailable. */
    FetchedFile fetch(URI address, Path target, long maxBytes) {
        return fetchIfPresent(address, target, maxBytes)
                .orElseThrow(() ->
                        Download.unavailable(shown(address), "the server answers 404, there is no such file", null));
    }

    /** Downloads to {@code target}; empty when the server says that there is no such file. */
    Optional<FetchedFile> fetchIfPresent(URI address, Path target, long maxBytes) {
        Origin origin = new HttpsOrigin(
                shown(address), address, Map.of(), connections, "it asks for credentials or forbids reading");
        // What of a query says which file it is, and what of it is a secret, cannot be told.
        CacheEntry entry = address.getRawQuery() == null ? CacheEntry.tagged(cache, shown(address)) : CacheEntry.none();
        return Download.to(target, shown(address), origin, maxBytes, pause, entry);
    }

    /** An address as messages may show it: a query often carries a signature. */
    static String shown(URI address) {
        return address.getScheme() + "://" + address.getRawAuthority() + address.getRawPath()
                + (address.getRawQuery() == null ? "" : "?...");
    }

    /** Waits before the next attempt. */
    static void sleep(Duration duration) {
        try {
            Thread.sleep(duration);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for a server", e);
        }
    }
}
