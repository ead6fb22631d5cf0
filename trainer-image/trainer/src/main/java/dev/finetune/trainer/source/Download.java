package dev.finetune.trainer.source;

import dev.finetune.api.FailureClass;
import dev.finetune.api.run.StageException;
import dev.finetune.trainer.storage.DurableFiles;
import dev.finetune.trainer.storage.Volume;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One file on its way. What has arrived survives a broken connection: the rest is asked for by range where the server names the
 * version of the file, otherwise the file is read again and must begin with the same bytes. A definite refusal ends it at once, trouble
 * ends it after {@value #ATTEMPTS} attempts without a byte of progress.
 */
final class Download {
    private static final Logger LOG = LoggerFactory.getLogger(Download.class);
    static final int ATTEMPTS = 6;

    /** How often a download starts from the beginning because the file changed under it. */
    private static final int MAX_RESTARTS = 3;

    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

    private final String shown;
    private final Origin origin;
    private final long maxBytes;
    private final Consumer<Duration> pause;
    private final HashingCopy copy = new HashingCopy();
    private @Nullable String entityTag;

    private Download(String shown, Origin origin, long maxBytes, Consumer<Duration> pause) {
        this.shown = shown;
        this.origin = origin;
        this.maxBytes = maxBytes;
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
    static final class Busy extends IOException {
        private static final long serialVersionUID = 1L;
        private final Duration retryAfter;

        Busy(int status, Duration retryAfter) {
            super("the server answers " + status);
            this.retryAfter = retryAfter;
        }
    }

    /**
     * Downloads a file to {@code target}, whole or not at all and not yet brought to disk; empty when there is no such file.
     *
     * @param shown what messages call the file
     */
    static Optional<FetchedFile> to(Path target, String shown, Origin origin, long maxBytes, Consumer<Duration> pause) {
        return to(target, shown, origin, maxBytes, pause, CacheEntry.none());
    }

    /** The same of a file that may be in a cache. */
    static Optional<FetchedFile> to(
            Path target, String shown, Origin origin, long maxBytes, Consumer<Duration> pause, CacheEntry entry) {
        Optional<FetchedFile> cached = entry.fetch(target, shown, origin, maxBytes);
        if (cached.isPresent()) {
            return cached;
        }
        for (int restarts = 0; restarts < MAX_RESTARTS; restarts++) {
            Download download = new Download(shown, origin, maxBytes, pause);
            try {
                DurableFiles.writeUnsynced(target, download::writeTo);
                FetchedFile file = new FetchedFile(target, download.copy.digest(), download.copy.size());
                entry.keep(file, download.entityTag);
                return Optional.of(file);
            } catch (NotThere e) {
                return Optional.empty();
            } catch (Changed e) {
                continue;
            } catch (UncheckedIOException e) {
                throw Volume.failure(target, Objects.requireNonNull(e.getCause()));
            } catch (IOException e) {
                throw Volume.failure(target, e);
            }
        }
        throw unavailable(
                shown,
                "the file changed " + MAX_RESTARTS
                        + " times while it was downloaded. Publish it under a name that is not overwritten",
                null);
    }

    /** What is thrown for a source that will not answer, however often it is asked. */
    static StageException unavailable(String shown, String why, @Nullable Throwable cause) {
        return new StageException(FailureClass.SourceUnavailable, "Cannot read " + shown + ": " + why + ".", cause);
    }

    /** What went wrong, in words. */
    static String describe(Exception e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof UnknownHostException) {
                return "its host name does not resolve (" + cause.getMessage() + ")";
            }
            if (cause instanceof CertificateException || cause instanceof SSLPeerUnverifiedException) {
                return "its certificate is not trusted (" + cause.getMessage() + ")";
            }
        }
        return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    }

    private void writeTo(OutputStream out) throws IOException {
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
                    throw unavailable(shown, describe(e) + (failures > 1 ? " (" + failures + " attempts)" : ""), e);
                }
                LOG.info("{}: {}; {} bytes so far, trying again", shown, describe(e), copy.size());
                pause.accept(pauseAfter(e, failures));
            }
        }
    }

    private void attempt(OutputStream out) throws IOException {
        try (Origin.Body body = origin.open(copy.size(), copy.size() > 0 ? entityTag : null)) {
            long start = body.rest() ? copy.size() : 0;
            if (body.length() >= 0 && start + body.length() > maxBytes) {
                throw tooLarge();
            }
            if (!body.rest() && !copy.skipsTheSame(body.content())) {
                throw new Changed();
            }
            entityTag = body.entityTag();
            if (!copy.copy(body.content(), out, maxBytes)) {
                throw tooLarge();
            }
            if (body.length() >= 0 && copy.size() != start + body.length()) {
                throw new IOException(
                        "the connection ended after " + copy.size() + " of " + (start + body.length()) + " bytes");
            }
        }
    }

    /** How long to wait after that many failures in a row. */
    static Duration pauseAfter(IOException e, int failures) {
        Duration backOff = Duration.ofSeconds(1L << Math.min(failures - 1, 4));
        Duration asked = e instanceof Busy busy ? busy.retryAfter : Duration.ZERO;
        Duration longer = asked.compareTo(backOff) > 0 ? asked : backOff;
        return longer.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : longer;
    }

    /** Whether asking again would give the same answer: the server is not the one that is meant. */
    static boolean isCertificateTrouble(Throwable e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof CertificateException || cause instanceof SSLPeerUnverifiedException) {
                return true;
            }
        }
        return false;
    }

    private StageException tooLarge() {
        return unavailable(shown, "it is larger than the limit of " + maxBytes + " bytes", null);
    }
}
