package dev.finetune.trainer.source;

import dev.finetune.api.FailureClass;
import dev.finetune.api.run.StageException;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.model.S3Object;

/** A bucket of an S3 server. */
final class S3Bucket {
    private final String name;
    private final S3Login login;
    private final S3Client client;
    private final Consumer<Duration> pause;
    private final SharedCache cache;

    S3Bucket(String name, S3Login login, Consumer<Duration> pause) {
        this(name, login, pause, SharedCache.none());
    }

    S3Bucket(String name, S3Login login, Consumer<Duration> pause, SharedCache cache) {
        this.cache = cache;
        this.name = name;
        this.login = login;
        this.client = login.client();
        this.pause = pause;
    }

    /** An object that a listing names. */
    record Entry(String key, long size) {}

    /** Downloads an object, whole or not at all; empty when there is none of that key. */
    Optional<FetchedFile> fetch(String key, Path target, long maxBytes) {
        Origin origin = new Origin() {
            @Override
            public Body open(long from, @Nullable String entityTag) throws IOException {
                return S3Bucket.this.open(key, from, entityTag);
            }

            @Override
            public boolean isUnchanged(String version) throws IOException {
                return S3Bucket.this.isUnchanged(key, version);
            }
        };
        return Download.to(
                target,
                shown(key),
                origin,
                maxBytes,
                pause,
                CacheEntry.tagged(cache, login.server() + " " + shown(key)));
    }

    private boolean isUnchanged(String key, String entityTag) throws IOException {
        try {
            client.getObject(r -> r.bucket(name).key(key).ifNoneMatch(entityTag))
                    .abort();
            return false;
        } catch (S3Exception e) {
            if (e.statusCode() == HttpURLConnection.HTTP_NOT_MODIFIED) {
                return true;
            }
            throw failure(key, e);
        } catch (SdkException e) {
            throw new IOException(Download.describe(e), e);
        }
    }

    /** All objects whose key begins like that, ordered by key. */
    List<Entry> list(String prefix) {
        return asked(
                FailureClass.SourceUnavailable,
                shown(prefix),
                () -> client.listObjectsV2Paginator(r -> r.bucket(name).prefix(prefix)).contents().stream()
                        .map((S3Object o) -> new Entry(o.key(), o.size()))
                        .toList());
    }

    /** The client and the bucket's name for a request of one's own; a refusal comes as the failure. */
    <T> T ask(FailureClass failure, String key, Request<T> request) {
        return asked(failure, shown(key), () -> request.send(client, name));
    }

    /** One request. */
    @FunctionalInterface
    interface Request<T> {
        T send(S3Client client, String bucket);
    }

    /** The address of an object. */
    String shown(String key) {
        return "s3://" + name + "/" + key;
    }

    private Origin.Body open(String key, long from, @Nullable String entityTag) throws IOException {
        try {
            ResponseInputStream<GetObjectResponse> body = client.getObject(r -> r.bucket(name)
                    .key(key)
                    .range(entityTag == null ? null : "bytes=" + from + "-")
                    .ifMatch(entityTag));
            GetObjectResponse head = body.response();
            return new Origin.Body(
                    body,
                    head.contentLength() == null ? -1 : head.contentLength(),
                    head.contentRange() != null,
                    head.eTag(),
                    // Closing would read the rest of a body that nobody wants.
                    body::abort);
        } catch (S3Exception e) {
            throw failure(key, e);
        } catch (SdkException e) {
            throw new IOException(Download.describe(e), e);
        }
    }

    /** What an answer means that is no object: thrown where it will not pass. */
    private IOException failure(String key, S3Exception e) {
        if (isMissingKey(e)) {
            return new Download.NotThere();
        }
        if (e.statusCode() == 412) {
            return new Download.Changed();
        }
        if (e.statusCode() >= 500 || e.statusCode() == 416 || e.statusCode() == 429) {
            return new Download.Busy(e.statusCode(), Duration.ZERO);
        }
        throw refused(FailureClass.SourceUnavailable, shown(key), e);
    }

    private <T> T asked(FailureClass failure, String shown, Supplier<T> request) {
        try {
            return request.get();
        } catch (S3Exception e) {
            throw refused(failure, shown, e);
        } catch (SdkException e) {
            throw new StageException(failure, "Cannot reach " + shown + ": " + Download.describe(e) + ".", e);
        }
    }

    private StageException refused(FailureClass failure, String shown, S3Exception e) {
        String code = e.awsErrorDetails() == null ? null : e.awsErrorDetails().errorCode();
        String why = isMissingBucket(e)
                ? "there is no bucket '" + name + "'"
                : switch (e.statusCode()) {
                    case 301, 307 -> "the bucket is in another region: set AWS_REGION in the Secret";
                    case 401, 403 ->
                        "the server forbids it with " + login.credentials().described();
                    default -> "the server answers " + e.statusCode();
                };
        return new StageException(
                failure, "Cannot reach " + shown + ": " + why + (code == null ? "" : " (" + code + ")") + ".", e);
    }

    private static boolean isMissingKey(S3Exception e) {
        return e.statusCode() == 404
                && e.awsErrorDetails() != null
                && "NoSuchKey".equals(e.awsErrorDetails().errorCode());
    }

    private static boolean isMissingBucket(S3Exception e) {
        return e.awsErrorDetails() != null
                && "NoSuchBucket".equals(e.awsErrorDetails().errorCode());
    }
}
