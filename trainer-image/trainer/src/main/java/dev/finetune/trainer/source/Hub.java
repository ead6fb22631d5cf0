package dev.finetune.trainer.source;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.finetune.api.FailureClass;
import dev.finetune.api.Json;
import dev.finetune.api.run.StageException;
import dev.finetune.trainer.storage.FileTree;
import java.io.CharConversionException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The Hugging Face Hub, or a mirror of it that {@code HF_ENDPOINT} names. A revision is resolved to its commit once; all files are
 * then of that commit. The token goes to the hub alone: where the hub sends a download to another host, it does not go with it.
 */
final class Hub {
    private static final String PUBLIC = "https://huggingface.co";
    private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");
    private static final long MAX_LISTING_BYTES = 256L << 20;

    private final Credentials credentials;
    private final Function<String, @Nullable String> environment;
    private final SafeConnection connections;
    private final Consumer<Duration> pause;
    private final URI endpoint;
    private final SharedCache cache;

    Hub(
            Credentials credentials,
            AddressRule rule,
            Function<String, @Nullable String> environment,
            Consumer<Duration> pause,
            Duration readTimeout,
            SharedCache cache) {
        this.cache = cache;
        this.credentials = credentials;
        this.environment = environment;
        this.pause = pause;
        this.connections = new SafeConnection(
                rule,
                credentials
                        .get(Credentials.CA)
                        .map(pem -> Trust.sockets(pem, credentials.described()))
                        .orElse(null),
                Duration.ofSeconds(10),
                readTimeout);
        this.endpoint = endpoint(credentials
                .get("HF_ENDPOINT")
                .or(() -> Optional.ofNullable(environment.apply("HF_ENDPOINT")).filter(e -> !e.isEmpty()))
                .orElse(PUBLIC));
    }

    /** What a repository holds. */
    enum Kind {
        models(""),
        datasets("/datasets");

        private final String path;

        Kind(String path) {
            this.path = path;
        }
    }

    /** A file as the hub lists it; the digest is known of large files only. */
    record Entry(long size, @Nullable String sha256) {}

    /** A repository at one commit: its files by their paths. */
    record Commit(String sha, Map<String, Entry> files) {}

    /** The commit that a revision names now; empty where the repository has no such revision. */
    Optional<Commit> commit(Kind kind, String repository, String revision) {
        refuseOffline(repository);
        URI address = endpoint.resolve(endpoint.getPath() + "/api/" + kind + "/" + repository + "/revision/"
                + revision.replace("/", "%2F") + "?blobs=true");
        return json(address, repository).map(answer -> {
            Map<String, Entry> files = new TreeMap<>();
            for (JsonNode file : answer.path("siblings")) {
                JsonNode large = file.path("lfs");
                files.put(
                        file.path("rfilename").asText(),
                        new Entry(
                                file.path("size").asLong(-1),
                                large.path("sha256").textValue()));
            }
            String sha = answer.path("sha").asText();
            if (!sha.matches("[0-9a-f]{40,64}")) {
                throw Download.unavailable(
                        "hf://" + repository,
                        endpoint.getHost() + " names no commit for revision '" + revision + "'",
                        null);
            }
            return new Commit(sha, files);
        });
    }

    /** Downloads one file of a commit and verifies it where the hub knows its digest. */
    FetchedFile fetch(Kind kind, String repository, Commit commit, String file, Path target, long maxBytes) {
        String shown = "hf://" + repository + ":" + commit.sha().substring(0, 12) + "/" + file;
        URI address = endpoint.resolve(
                endpoint.getPath() + kind.path + "/" + repository + "/resolve/" + commit.sha() + "/" + escaped(file));
        Entry entry = commit.files().getOrDefault(file, new Entry(-1, null));
        String expected = entry.sha256();
        FetchedFile fetched = Download.to(
                        target,
                        shown,
                        ofOneVersion(origin(shown, address)),
                        maxBytes,
                        pause,
                        expected != null && SHA256.matcher(expected).matches()
                                ? CacheEntry.digested(cache, "sha256:" + expected, entry.size())
                                : CacheEntry.versioned(cache, address.toString(), commit.sha()))
                .orElseThrow(() -> Download.unavailable(shown, "the hub lists it, and answers 404", null));
        if (expected != null && !fetched.sha256().equals("sha256:" + expected)) {
            throw new StageException(
                    FailureClass.DigestMismatch,
                    shown + " has digest " + fetched.sha256() + ", and the hub says sha256:" + expected
                            + ": a mirror or proxy on the way changed it.");
        }
        return fetched;
    }

    private Optional<JsonNode> json(URI address, String repository) {
        try {
            Path folder = Files.createTempDirectory("hub");
            try {
                Optional<FetchedFile> listing = Download.to(
                        folder.resolve("listing.json"),
                        "hf://" + repository,
                        origin("hf://" + repository, address),
                        MAX_LISTING_BYTES,
                        pause);
                return listing.isPresent()
                        ? Optional.of(Json.MAPPER.readTree(listing.get().path().toFile()))
                        : Optional.empty();
            } catch (JsonProcessingException | CharConversionException e) {
                throw Download.unavailable(
                        "hf://" + repository,
                        endpoint.getHost() + " does not answer as a hub does: is HF_ENDPOINT right?",
                        e);
            } finally {
                FileTree.delete(folder);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A commit never changes, and who may read its files the hub is asked each time. */
    private static Origin ofOneVersion(HttpsOrigin origin) {
        return new Origin() {
            @Override
            public Body open(long from, @Nullable String entityTag) throws IOException {
                return origin.open(from, entityTag);
            }

            @Override
            public boolean isUnchanged(String version) throws IOException {
                return origin.mayBeRead();
            }
        };
    }

    private HttpsOrigin origin(String shown, URI address) {
        Map<String, String> headers = credentials
                .get("HF_TOKEN")
                .map(token -> Map.of("Authorization", "Bearer " + token))
                .orElse(Map.of());
        return new HttpsOrigin(
                shown,
                address,
                headers,
                connections,
                headers.isEmpty()
                        ? "it does not exist, is private, or its terms must be accepted: name a Secret with HF_TOKEN in secretRef"
                        : "the HF_TOKEN of " + credentials.described()
                                + " may not read it: give the token access, and accept its terms on its page");
    }

    private void refuseOffline(String repository) {
        String offline = environment.apply("HF_HUB_OFFLINE");
        if (offline != null && offline.matches("(?i)1|true|yes|on")) {
            throw Download.unavailable(
                    "hf://" + repository,
                    "HF_HUB_OFFLINE is set here, so nothing is fetched from the hub; put the files on a claim or into a bucket",
                    null);
        }
    }

    private URI endpoint(String text) {
        try {
            URI uri = URI.create(text.replaceAll("/+$", ""));
            if ("https".equals(uri.getScheme()) && uri.getHost() != null && uri.getRawUserInfo() == null) {
                return uri;
            }
        } catch (IllegalArgumentException e) {
            // Told below, as every other address that is none.
        }
        throw new StageException(
                FailureClass.InvalidSpec,
                "HF_ENDPOINT is '" + text + "': an address such as https://hub.example.com was expected.");
    }

    private static String escaped(String path) {
        try {
            return new URI(null, null, "/" + path, null).getRawPath().substring(1);
        } catch (java.net.URISyntaxException e) {
            throw new IllegalArgumentException(path, e);
        }
    }
}
