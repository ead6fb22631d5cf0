package dev.finetune.trainer.source;

import dev.finetune.api.FailureClass;
import dev.finetune.api.run.StageException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.UnknownHostException;
import java.security.cert.CertificateException;
import java.time.Duration;
import java.util.Map;
import java.util.function.Consumer;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One file on its way. What has arrived survives a broken connection: the rest is asked for by range where the server gave a strong
 * entity tag, otherwise the file is read again and must begin with the same bytes. A definite refusal ends it at once, trouble
 * ends it after {@value #ATTEMPTS} attempts without a byte of progress.
 */
final class Download {
    private static final Logger LOG = LoggerFactory.getLogger(Download.class);
    private static final int ATTEMPTS = 6;
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

    private final URI address;
    private final long maxBytes;
    private final SafeConnection connections;
    private final Consumer<Duration> pause;
    private final HashingCopy copy = new HashingCopy();
    private @Nullable String entityTag;

    Download(URI address, long maxBytes, SafeConnection connections, Consumer<Duration> pause) {
        this.address = address;
        this.maxBytes = maxBytes;
        this.connections = connections;
        this.pause = pause;
    }

    /** The server says that there is no such file. */
    static final class NotThere extends IOException {
        private static final long serialVersionUID = 1L;
    }

    /** The file is no longer the one whose beginning was read. */
    static final class Changed extends IOException {
        private static final long serialVersionUID = 1L;
    }

    /** The server asks to come back later. */
    private static final class Busy extends IOException {
        private static final long serialVersionUID = 1L;
        private final Duration retryAfter;

        Busy(int status, Duration retryAfter) {
            super("the server answers " + status);
            this.retryAfter = retryAfter;
        }
    }

    /** Writes the whole file to {@code out}, whose own failures come as {@link UncheckedIOException}: they are not the network's. */
    void writeTo(OutputStream out) throws IOException {
        OutputStream disk = new Disk(out);
        for (int failures = 1; ; failures++) {
            long before = copy.size();
            try {
                attempt(disk);
                return;
            } catch (NotThere | Changed e) {
                throw e;
            } catch (IOException e) {
                failures = copy.size() > before ? 1 : failures;
                if (failures >= ATTEMPTS || isCertificateTrouble(e)) {
                    throw unavailable(describe(e) + (failures > 1 ? " (" + failures + " attempts)" : ""), e);
                }
                LOG.info(
                        "{}: {}; {} bytes so far, trying again", HttpsFetcher.shown(address), describe(e), copy.size());
                pause.accept(pauseAfter(e, failures));
            }
        }
    }

    String digest() {
        return copy.digest();
    }

    long size() {
        return copy.size();
    }

    private void attempt(OutputStream out) throws IOException {
        boolean resume = copy.size() > 0 && entityTag != null;
        HttpURLConnection connection = connections.get(
                address, resume ? Map.of("Range", "bytes=" + copy.size() + "-", "If-Range", entityTag) : Map.of());
        try {
            check(connection);
            boolean partial = connection.getResponseCode() == HttpURLConnection.HTTP_PARTIAL;
            long start = partial ? copy.size() : 0;
            if (partial
                    && !String.valueOf(connection.getHeaderField("Content-Range"))
                            .startsWith("bytes " + start + "-")) {
                throw new IOException("the server sends another range than it was asked for");
            }
            long length = connection.getContentLengthLong();
            if (length >= 0 && start + length > maxBytes) {
                throw tooLarge();
            }
            try (InputStream body = connection.getInputStream()) {
                if (!partial && !copy.skipsTheSame(body)) {
                    throw new Changed();
                }
                String tag = connection.getHeaderField("ETag");
                entityTag = tag != null && tag.startsWith("\"") ? tag : null;
                if (!copy.copy(body, out, maxBytes)) {
                    throw tooLarge();
                }
            }
            if (length >= 0 && copy.size() != start + length) {
                throw new IOException(
                        "the connection ended after " + copy.size() + " of " + (start + length) + " bytes");
            }
        } finally {
            connection.disconnect();
        }
    }

    private void check(HttpURLConnection connection) throws IOException {
        int status = connection.getResponseCode();
        switch (status) {
            case 200, 206 -> {}
            case 404, 410 -> throw new NotThere();
            case 401, 403 ->
                throw unavailable(
                        "the server answers " + status + ": it asks for credentials or forbids reading", null);
            case 408, 416, 425, 429 -> throw new Busy(status, retryAfter(connection));
            default -> {
                if (status >= 500) {
                    throw new Busy(status, retryAfter(connection));
                }
                throw unavailable("the server answers " + status, null);
            }
        }
    }

    private static Duration retryAfter(HttpURLConnection connection) {
        long seconds = connection.getHeaderFieldLong("Retry-After", 0);
        return Duration.ofSeconds(Math.clamp(seconds, 0, LONGEST_PAUSE.toSeconds()));
    }

    private static Duration pauseAfter(IOException e, int failures) {
        Duration backOff = Duration.ofSeconds(1L << Math.min(failures - 1, 4));
        return e instanceof Busy busy && busy.retryAfter.compareTo(backOff) > 0 ? busy.retryAfter : backOff;
    }

    private static boolean isCertificateTrouble(Throwable e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof CertificateException || cause instanceof SSLPeerUnverifiedException) {
                return true;
            }
        }
        return false;
    }

    private static String describe(IOException e) {
        if (e instanceof UnknownHostException) {
            return "the host name " + e.getMessage() + " does not resolve";
        }
        return isCertificateTrouble(e)
                ? "its certificate is not trusted (" + e.getMessage() + ")"
                : e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    }

    private StageException tooLarge() {
        return unavailable("it is larger than the limit of " + maxBytes + " bytes", null);
    }

    private StageException unavailable(String why, @Nullable Throwable cause) {
        return new StageException(
                FailureClass.SourceUnavailable, "Cannot read " + HttpsFetcher.shown(address) + ": " + why + ".", cause);
    }
}
