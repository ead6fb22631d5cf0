package dev.finetune.trainer.source;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.finetune.api.FailureClass;
import dev.finetune.api.Json;
import dev.finetune.api.run.StageException;
import dev.finetune.trainer.storage.DurableFiles;
import dev.finetune.trainer.storage.FileTree;
import java.io.CharConversionException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One repository of a registry, by the OCI distribution specification. Whatever is read is verified against the digest that it is called by; what is written appears with
 * its manifest, which comes last.
 */
public final class OciRepository {
    private static final long MAX_MANIFEST_BYTES = 4L << 20;
    private static final String MANIFESTS = String.join(
            ", ",
            "application/vnd.oci.image.manifest.v1+json",
            "application/vnd.oci.image.index.v1+json",
            "application/vnd.docker.distribution.manifest.v2+json",
            "application/vnd.docker.distribution.manifest.list.v2+json");

    private final SourceUri.Oci uri;
    private final OciSession session;
    private final Consumer<Duration> pause;
    private final URI base;
    private final SharedCache cache;

    /**
     * A repository.
     *
     * @param uri whose registry and repository count
     * @param readTimeout how long the registry may be silent
     */
    OciRepository(
            SourceUri.Oci uri,
            Credentials credentials,
            OciSession.Access access,
            AddressRule rule,
            Consumer<Duration> pause,
            Duration readTimeout) {
        this(uri, credentials, access, rule, pause, readTimeout, SharedCache.none());
    }

    /** The same with a cache of what is read. */
    OciRepository(
            SourceUri.Oci uri,
            Credentials credentials,
            OciSession.Access access,
            AddressRule rule,
            Consumer<Duration> pause,
            Duration readTimeout,
            SharedCache cache) {
        this.cache = cache;
        this.uri = uri;
        this.pause = pause;
        this.base = URI.create("https://" + uri.registry() + "/v2/" + uri.repository() + "/");
        SafeConnection connections = new SafeConnection(
                rule,
                credentials
                        .get(Credentials.CA)
                        .map(pem -> Trust.sockets(pem, credentials.described()))
                        .orElse(null),
                Duration.ofSeconds(10),
                readTimeout);
        this.session = new OciSession(
                uri.registry(),
                uri.repository(),
                OciLogin.of(credentials, uri.registry(), uri.repository()),
                connections,
                access);
    }

    /** The repository of that name below an address, to publish to, reached by what a pod has. */
    public static OciRepository toPublish(SourceUri.Oci store, String name, Credentials credentials) {
        return new OciRepository(
                new SourceUri.Oci(store.registry(), store.repository() + "/" + name, "", "", ""),
                credentials,
                OciSession.Access.write,
                AddressRule.PUBLIC_AND_PRIVATE,
                HttpsFetcher::sleep,
                Duration.ofSeconds(30));
    }

    /** A manifest or index as it stands in the registry, verified. */
    public record Manifest(String digest, JsonNode json) {}

    /**
     * What is put into a registry.
     *
     * @param digest {@code sha256:} and 64 hex digits over the bytes that {@code content} writes, the same ones each time
     */
    public record Blob(String mediaType, String digest, long size, DurableFiles.Body content) {
        /** One of these bytes. */
        public static Blob of(String mediaType, byte[] bytes) {
            return new Blob(mediaType, Json.digest(bytes), bytes.length, out -> out.write(bytes));
        }
    }

    /**
     * The manifest that a tag or digest names; empty where there is none, or no such repository.
     *
     * @throws StageException DigestMismatch where the registry gives another one than it was asked for
     */
    public Optional<Manifest> manifest(String reference) {
        String shown = shown(reference);
        try {
            Path folder = Files.createTempDirectory("oci");
            try {
                Optional<FetchedFile> file = Download.to(
                        folder.resolve("manifest.json"),
                        shown,
                        (from, tag) -> open("manifests/" + reference, Map.of("Accept", MANIFESTS), null),
                        MAX_MANIFEST_BYTES,
                        pause);
                if (file.isEmpty()) {
                    return Optional.empty();
                }
                if (OciDescriptor.isDigest(reference)) {
                    verify(shown, reference, file.get());
                }
                return Optional.of(new Manifest(
                        file.get().sha256(),
                        Json.MAPPER.readTree(file.get().path().toFile())));
            } catch (JsonProcessingException | CharConversionException e) {
                throw Download.unavailable(shown, uri.registry() + " does not answer as a registry does", e);
            } finally {
                FileTree.delete(folder);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Downloads a blob, whole and as its digest says, or not at all. */
    FetchedFile blob(OciDescriptor blob, Path target, long maxBytes) {
        String shown = shown(blob.digest());
        if (blob.size() > maxBytes) {
            throw Download.unavailable(
                    shown, "it has " + blob.size() + " bytes, more than the limit of " + maxBytes + " bytes", null);
        }
        FetchedFile fetched = Download.to(
                        target,
                        shown,
                        new Origin() {
                            @Override
                            public Body open(long from, @Nullable String tag) throws IOException {
                                return OciRepository.this.open(
                                        "blobs/" + blob.digest(), range(blob, from, tag), blob.digest());
                            }

                            @Override
                            public boolean isUnchanged(String version) throws IOException {
                                return has(blob.digest());
                            }
                        },
                        blob.size(),
                        pause,
                        CacheEntry.digested(cache, blob.digest(), blob.size()))
                .orElseThrow(() -> Download.unavailable(shown, "a manifest names it, and the registry has none", null));
        verify(shown, blob.digest(), fetched);
        return fetched;
    }

    /** Closed at its end, because there are registries that know no open ranges. The digest says that it is the same version. */
    private static Map<String, String> range(OciDescriptor blob, long from, @Nullable String tag) {
        return tag == null || from == 0 || from >= blob.size()
                ? Map.of()
                : Map.of("Range", "bytes=" + from + "-" + (blob.size() - 1));
    }

    private static void verify(String shown, String expected, FetchedFile fetched) {
        if (fetched.sha256().equals(expected)) {
            return;
        }
        try {
            Files.deleteIfExists(fetched.path());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        throw new StageException(
                FailureClass.DigestMismatch,
                "Cannot use " + shown + ": what came has digest " + fetched.sha256()
                        + "; the registry is damaged, or a proxy on the way changed it.");
    }

    private Origin.Body open(String path, Map<String, String> headers, @Nullable String version) throws IOException {
        HttpURLConnection answer = session.get(base.resolve(path), headers);
        try {
            int status = answer.getResponseCode();
            if (status == 404 || status == 410) {
                throw new Download.NotThere();
            }
            if (status != 200 && status != 206) {
                throw refusal(answer);
            }
            String range = headers.get("Range");
            if (status == 206
                    && (range == null
                            || !String.valueOf(answer.getHeaderField("Content-Range"))
                                    .startsWith(range.replace('=', ' ')))) {
                throw new IOException("the registry sends another range than it was asked for");
            }
            return new Origin.Body(
                    answer.getInputStream(), answer.getContentLengthLong(), status == 206, version, answer::disconnect);
        } catch (IOException | RuntimeException e) {
            answer.disconnect();
            throw e;
        }
    }

    /** What an answer that was not expected means: thrown where it may pass, or where it will not. */
    private IOException refusal(HttpURLConnection answer) throws IOException {
        int status = answer.getResponseCode();
        if (status == 408 || status == 416 || status == 425 || status == 429 || status >= 500) {
            return new Download.Busy(status, HttpsOrigin.retryAfter(answer));
        }
        String code = OciSession.errorCode(answer).map(c -> " (" + c + ")").orElse("");
        throw session.refused("the registry answers " + status + code
                + switch (status) {
                    case 401, 403 -> ": " + session.whenRefused();
                    case 404 -> ": it has no repository '" + uri.repository() + "', and makes none";
                    case 413 -> ": it, or a proxy before it, takes no upload of this size";
                    default -> "";
                });
    }

    /**
     * Uploads a blob where it is not there yet. The registry verifies its digest.
     *
     * @throws StageException StorageUnavailable where the registry refuses it
     */
    public void put(Blob blob) {
        retrying(blob.digest(), () -> {
            if (!has(blob.digest())) {
                upload(blob);
            }
            return true;
        });
    }

    /** Makes a manifest, all of whose blobs are there, appear under that tag. */
    public void tag(Blob manifest, String tag) {
        retrying(tag, () -> {
            HttpURLConnection answer = session.send(
                    "PUT",
                    base.resolve("manifests/" + tag),
                    Map.of("Content-Type", manifest.mediaType()),
                    new OciSession.Body(manifest.size(), manifest.content()));
            return expect(answer, 201);
        });
    }

    private boolean has(String digest) throws IOException {
        HttpURLConnection answer = session.send("HEAD", base.resolve("blobs/" + digest), Map.of(), null);
        try {
            // Some registries send a HEAD to where the bytes lie: they are there.
            int status = answer.getResponseCode();
            if (status == 200 || status == 302 || status == 307) {
                return true;
            }
            if (status == 404) {
                return false;
            }
            throw refusal(answer);
        } finally {
            answer.disconnect();
        }
    }

    /** In one piece, as the specification asks every registry to take it; whatever its size, it is streamed. */
    private void upload(Blob blob) throws IOException {
        HttpURLConnection answer =
                session.send("POST", base.resolve("blobs/uploads/"), Map.of(), OciSession.Body.EMPTY);
        String location = answer.getHeaderField("Location");
        expect(answer, 202);
        if (location == null) {
            throw session.refused("the registry starts an upload and does not say where");
        }
        String target =
                location.startsWith("/") ? base.resolve("/").toString().replaceFirst("/$", "") + location : location;
        URI whole = session.address(target + (target.contains("?") ? "&" : "?") + "digest="
                + blob.digest().replace(":", "%3A"));
        expect(
                session.send(
                        "PUT",
                        whole,
                        Map.of("Content-Type", "application/octet-stream"),
                        new OciSession.Body(blob.size(), blob.content())),
                201);
    }

    private boolean expect(HttpURLConnection answer, int expected) throws IOException {
        try {
            if (answer.getResponseCode() != expected) {
                throw refusal(answer);
            }
            return true;
        } finally {
            answer.disconnect();
        }
    }

    /** A request that may be sent again. */
    @FunctionalInterface
    private interface Request {
        boolean send() throws IOException;
    }

    private void retrying(String what, Request request) {
        for (int failures = 1; ; failures++) {
            try {
                request.send();
                return;
            } catch (IOException e) {
                if (failures >= Download.ATTEMPTS || Download.isCertificateTrouble(e)) {
                    throw new StageException(
                            FailureClass.StorageUnavailable,
                            "Cannot publish " + shown(what) + ": " + Download.describe(e)
                                    + (failures > 1 ? " (" + failures + " attempts)" : "") + ".",
                            e);
                }
                pause.accept(Download.pauseAfter(e, failures));
            }
        }
    }

    private String shown(String reference) {
        return "oci://" + uri.registry() + "/" + uri.repository() + (OciDescriptor.isDigest(reference) ? "@" : ":")
                + reference;
    }

    @Override
    public String toString() {
        return "oci://" + uri.registry() + "/" + uri.repository();
    }
}
