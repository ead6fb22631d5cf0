package dev.finetune.trainer.source;

import dev.finetune.api.FailureClass;
import dev.finetune.api.SecretReference;
import dev.finetune.api.run.PodPaths;
import dev.finetune.api.run.StageException;
import dev.finetune.trainer.storage.Volume;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Turns addresses into files of this machine. In a pod claims, ConfigMaps and Secrets are mounted by the operator; a local run reads
 * {@code file://} and what lies in the network, with credentials from the environment.
 */
public final class SourceResolver {
    /** More than any data set that one trainer can train on, and less than what fills a node. */
    private static final long MAX_DATA_BYTES = 20L << 30;

    private static final long MAX_MODEL_BYTES = 200L << 30;
    private static final int MAX_DATA_FILES = 1_000_000;

    private final Function<String, Path> claims;
    private final Function<String, Path> configMaps;
    private final Function<@Nullable SecretReference, Credentials> secrets;
    private final @Nullable Path localFolder;
    private final HttpsFetcher https;
    private final Function<Credentials, S3Login> s3Logins;
    private final Function<Credentials, Hub> hubs;
    private final Function<Location, OciRepository> registries;
    private final SharedCache cache;
    private final Map<Location, S3Folder> s3Folders = new ConcurrentHashMap<>();

    /** What tags led to when they were asked for first: two sources of one tag are of one version, whoever moves the tag meanwhile. */
    private final Map<Location, OciArtifact> artifacts = new ConcurrentHashMap<>();

    private SourceResolver(
            Function<String, Path> claims,
            Function<String, Path> configMaps,
            Function<@Nullable SecretReference, Credentials> secrets,
            @Nullable Path localFolder,
            HttpsFetcher https,
            Function<Credentials, S3Login> s3Logins,
            Function<Credentials, Hub> hubs,
            Function<Location, OciRepository> registries,
            SharedCache cache) {
        this.cache = cache;
        this.claims = claims;
        this.configMaps = configMaps;
        this.secrets = secrets;
        this.localFolder = localFolder;
        this.https = https;
        this.s3Logins = s3Logins;
        this.hubs = hubs;
        this.registries = registries;
    }

    /** For a pod. */
    public static SourceResolver inPod() {
        SharedCache cache = SharedCache.of(System::getenv);
        return new SourceResolver(
                name -> Path.of(PodPaths.claim(name)),
                name -> Path.of(PodPaths.configMap(name)),
                Credentials::inPod,
                null,
                new HttpsFetcher(cache),
                s3(AddressRule.PUBLIC_AND_PRIVATE),
                hubs(AddressRule.PUBLIC_AND_PRIVATE, System::getenv, cache),
                registries(AddressRule.PUBLIC_AND_PRIVATE, HttpsFetcher::sleep, cache),
                cache);
    }

    /** For a machine without a cluster; relative {@code file://} paths are taken from {@code folder}, the manifest's. */
    public static SourceResolver local(Path folder) {
        SharedCache cache = SharedCache.of(System::getenv);
        return new SourceResolver(
                Path::of,
                Path::of,
                reference -> new Credentials.Environment(System::getenv),
                folder,
                new HttpsFetcher(cache),
                // A server on one's own machine is nobody else's.
                s3(address -> true),
                hubs(address -> true, System::getenv, cache),
                registries(address -> true, HttpsFetcher::sleep, cache),
                cache);
    }

    /** For tests: mounts below {@code root} as in a pod, and another way to download. */
    static SourceResolver below(Path root, HttpsFetcher https) {
        return below(root, https, name -> null);
    }

    /** For tests: as that, with an environment. */
    static SourceResolver below(Path root, HttpsFetcher https, Function<String, @Nullable String> environment) {
        return below(root, https, environment, SharedCache.none());
    }

    /** For tests: as that, with a cache. */
    static SourceResolver below(
            Path root, HttpsFetcher https, Function<String, @Nullable String> environment, SharedCache cache) {
        return new SourceResolver(
                root.resolve("pvc")::resolve,
                root.resolve("configmap")::resolve,
                reference -> reference == null || reference.name() == null
                        ? new Credentials.None()
                        : new Credentials.Secret(
                                reference.name(), root.resolve("secret").resolve(reference.name())),
                null,
                https,
                s3(address -> true),
                hubs(address -> true, environment, cache),
                registries(address -> true, pause -> {}, cache),
                cache);
    }

    private static Function<Location, OciRepository> registries(
            AddressRule rule, Consumer<Duration> pause, SharedCache cache) {
        return location -> new OciRepository(
                (SourceUri.Oci) location.uri(),
                location.credentials(),
                OciSession.Access.read,
                rule,
                pause,
                Duration.ofSeconds(30),
                cache);
    }

    private static Function<Credentials, S3Login> s3(AddressRule rule) {
        return credentials -> new S3Login(credentials, rule, System::getenv, Duration.ofSeconds(30));
    }

    private static Function<Credentials, Hub> hubs(
            AddressRule rule, Function<String, @Nullable String> environment, SharedCache cache) {
        return credentials ->
                new Hub(credentials, rule, environment, HttpsFetcher::sleep, Duration.ofSeconds(30), cache);
    }

    /**
     * Reads an address and refuses what cannot be reached from here.
     *
     * @param field the field of the job that holds it, for messages
     * @throws StageException InvalidSpec for a wrong address, SourceUnavailable where there is no such Secret
     */
    public Location locate(String field, String text, @Nullable SecretReference secret) {
        SourceUri uri = SourceUri.parse(field, text);
        boolean reachable = switch (uri) {
            case SourceUri.Https _, SourceUri.S3 _, SourceUri.Hub _, SourceUri.Oci _ -> true;
            case SourceUri.LocalFile _ -> localFolder != null;
            case SourceUri.Claim _, SourceUri.ConfigMap _ -> localFolder == null;
        };
        if (!reachable) {
            throw new StageException(
                    FailureClass.InvalidSpec,
                    field + " is '" + text + "': "
                            + (localFolder == null
                                    ? "file:// works only in a local run, a pod does not see your files; use pvc://claim/path"
                                    : "there is no cluster in a local run; use file://path, s3://bucket/key, hf://owner/name, oci://registry/repository:tag or https://host/path"));
        }
        if (uri instanceof SourceUri.Oci oci && oci.reference().isEmpty()) {
            throw new StageException(
                    FailureClass.InvalidSpec,
                    field + " is '" + text + "': name a tag or a digest, as " + text + ":v1 or " + text
                            + "@sha256:...");
        }
        boolean takesCredentials =
                uri instanceof SourceUri.S3 || uri instanceof SourceUri.Hub || uri instanceof SourceUri.Oci;
        return new Location(uri, takesCredentials ? secrets.apply(secret) : new Credentials.None());
    }

    /**
     * A file or folder of data, unpacked where it is an archive. What is mounted and not packed stays where it lies, unread; what is downloaded or
     * unpacked goes below {@code scratch}, which the caller removes.
     *
     * @throws StageException SourceUnavailable when it is missing or may not be read, InvalidData for a bad archive
     */
    public FetchedData data(Location location, Path scratch) {
        FetchedData data = switch (location.uri()) {
            case SourceUri.Https web ->
                FetchedData.of(https.fetch(web.address(), scratch.resolve("packed"), MAX_DATA_BYTES), null);
            case SourceUri.S3 s3 -> objects(s3, location.credentials(), scratch);
            case SourceUri.Hub hub -> ofHub(hub, location.credentials(), scratch);
            case SourceUri.Oci oci -> ofRegistry(oci, location.credentials(), scratch);
            default -> mounted(location.uri(), scratch);
        };
        // The name of an artifact's only file stands in the artifact.
        String name = location.uri() instanceof SourceUri.Oci
                ? String.valueOf(data.path().getFileName())
                : location.uri().fileName();
        return Files.isDirectory(data.path())
                ? data
                : data.at(new Archive(name, data.path(), UnpackLimits.DATA).unpacked(scratch.resolve("unpacked")));
    }

    /** An archive is read here, so its digest is taken here: on the way into {@code scratch}, or of a file of this machine where it lies. */
    private FetchedData mounted(SourceUri uri, Path scratch) {
        Path path = mounted(uri);
        try {
            if (!Files.isRegularFile(path) || !Archive.isPacked(path)) {
                return new FetchedData(path, null, null);
            }
        } catch (IOException e) {
            throw Download.unavailable(uri.toString(), Download.describe(e), e);
        }
        return FetchedData.of(
                uri instanceof SourceUri.LocalFile
                        ? LocalFiles.hash(uri.toString(), path)
                        : LocalFiles.copy(uri.toString(), path, scratch.resolve("packed")),
                null);
    }

    /**
     * The Parquet files of a split of a data set on the hub, as a folder below {@code scratch}.
     *
     * @throws StageException InvalidSpec for another address, SourceUnavailable where there is no such split
     */
    public FetchedData split(Location location, Path scratch) {
        if (!(location.uri() instanceof SourceUri.Hub uri)) {
            throw new StageException(
                    FailureClass.InvalidSpec,
                    "spec.dataset.format is HuggingFace, and " + location
                            + " is no hf://owner/name/split: name one, or another format");
        }
        HubSplit.HubFilesAt split = HubSplit.of(hubs.apply(location.credentials()), uri);
        return all(uri, split.files(), split.names(), scratch);
    }

    /** One file of a data set on the hub, or all those below a folder. */
    private FetchedData ofHub(SourceUri.Hub uri, Credentials credentials, Path scratch) {
        Hub hub = hubs.apply(credentials);
        Hub.Commit commit = hub.commit(Hub.Kind.datasets, uri.repository(), uri.revisionOrMain())
                .orElseThrow(uri::missing);
        String path = uri.path().replaceAll("/+$", "");
        if (commit.files().containsKey(path)) {
            return FetchedData.of(
                    hub.fetch(
                            Hub.Kind.datasets,
                            uri.repository(),
                            commit,
                            path,
                            scratch.resolve("packed"),
                            MAX_DATA_BYTES),
                    commit.sha());
        }
        HubFiles folder =
                new HubFiles(hub, Hub.Kind.datasets, uri.repository(), commit, path.isEmpty() ? "" : path + "/");
        if (folder.names().isEmpty()) {
            throw Download.unavailable(
                    uri.toString(), "the data set has no file '" + path + "' and none below it", null);
        }
        return all(uri, folder, folder.names(), scratch);
    }

    /** One file of an artifact, or the folder of what it holds. */
    private FetchedData ofRegistry(SourceUri.Oci uri, Credentials credentials, Path scratch) {
        OciFiles files = registry(uri, credentials, scratch, UnpackLimits.DATA, false);
        Optional<FetchedFile> one = files.file(scratch.resolve("packed"), MAX_DATA_BYTES);
        if (one.isPresent()) {
            return FetchedData.of(one.get(), files.revision());
        }
        Optional<Path> unpacked = files.plain().isEmpty() ? files.folder() : Optional.empty();
        if (unpacked.isPresent()) {
            return new FetchedData(unpacked.get(), contents(uri, unpacked.get()), files.revision());
        }
        List<String> names = files.names();
        if (names.isEmpty()) {
            throw Download.unavailable(
                    uri.toString(),
                    uri.path().isEmpty()
                            ? "it holds no file"
                            : "it holds no file '" + uri.path() + "' and none below it",
                    null);
        }
        return all(uri, files, names, scratch);
    }

    private OciFiles registry(
            SourceUri.Oci uri, Credentials credentials, Path scratch, UnpackLimits limits, boolean isModel) {
        Location whole = new Location(uri.withoutPath(), credentials);
        OciRepository repository = registries.apply(whole);
        OciArtifact artifact = artifacts.computeIfAbsent(whole, w -> OciArtifact.resolve(repository, uri));
        return OciFiles.open(repository, uri, artifact, scratch, limits, isModel);
    }

    /** What was unpacked into a folder. */
    private static Contents contents(SourceUri uri, Path folder) {
        try (Stream<Path> all = Files.walk(folder)) {
            return Contents.of(new LocalFiles(
                            uri.toString(),
                            folder,
                            all.filter(Files::isRegularFile).toList())
                    .hashed());
        } catch (IOException e) {
            throw Volume.failure(folder, e);
        }
    }

    private static FetchedData all(SourceUri uri, FileSet from, List<String> names, Path scratch) {
        Path target = scratch.resolve("files");
        Map<String, FetchedFile> files = new TreeMap<>();
        long left = MAX_DATA_BYTES;
        for (String name : names) {
            FetchedFile file = from.fetch(name, inside(uri, target, name), left)
                    .orElseThrow(() -> Download.unavailable(uri + "/" + name, "it was removed meanwhile", null));
            files.put(name, file);
            left -= file.size();
        }
        return new FetchedData(target, Contents.of(files), from.revision());
    }

    /** One object, or all those below it. */
    private FetchedData objects(SourceUri.S3 uri, Credentials credentials, Path scratch) {
        S3Folder bucket = s3(new SourceUri.S3(uri.bucket(), ""), credentials);
        if (!uri.key().isEmpty() && !uri.key().endsWith("/")) {
            Optional<FetchedFile> one = bucket.fetch(uri.key(), scratch.resolve("packed"), MAX_DATA_BYTES);
            if (one.isPresent()) {
                return FetchedData.of(one.get(), null);
            }
        }
        S3Folder folder = bucket.folder(uri.key());
        Map<String, Long> sizes = folder.sizes();
        if (sizes.isEmpty()) {
            throw Download.unavailable(
                    uri.toString(), "there is no such object, and none whose key begins with it and a slash", null);
        }
        long bytes = sizes.values().stream().mapToLong(Long::longValue).sum();
        if (sizes.size() > MAX_DATA_FILES || bytes > MAX_DATA_BYTES) {
            throw Download.unavailable(
                    uri.toString(),
                    "it holds " + sizes.size() + " objects with " + bytes + " bytes, more than the limit of "
                            + MAX_DATA_FILES + " objects and " + MAX_DATA_BYTES + " bytes",
                    null);
        }
        return all(uri, folder, List.copyOf(sizes.keySet()), scratch);
    }

    /** A path for a file of that name, which somebody else chose, below a folder. */
    static Path inside(SourceUri uri, Path folder, String name) {
        Path target = folder.resolve(name).normalize();
        if (name.startsWith("/") || !target.startsWith(folder) || target.equals(folder)) {
            throw new StageException(
                    FailureClass.InvalidData, uri + " holds '" + name + "', which is no path inside a folder.");
        }
        return target;
    }

    /**
     * Where a folder of files comes from.
     *
     * @param scratch what comes packed is unpacked there; the caller removes it when it has what it wants
     */
    FileSet fileSet(Location location, Path scratch) {
        return switch (location.uri()) {
            case SourceUri.Https web -> new FileSet.Remote(web.address(), https);
            case SourceUri.S3 s3 -> s3(s3, location.credentials());
            case SourceUri.Hub hub -> model(hub, location.credentials());
            case SourceUri.Oci oci -> registry(oci, location.credentials(), scratch, UnpackLimits.MODEL, true);
            case SourceUri.ConfigMap map ->
                throw new StageException(
                        FailureClass.InvalidSpec,
                        map + " is one small file; a model needs a folder: use pvc://claim/folder");
            case SourceUri.Claim claim -> {
                Mount mount = mount(claim);
                yield new FileSet.Folder(claim.toString(), mount.resolve(claim.path()), mount.real());
            }
            case SourceUri.LocalFile file -> {
                Path folder = local(file).toAbsolutePath();
                yield new FileSet.Folder(file.toString(), folder, folder.getRoot());
            }
        };
    }

    private HubFiles model(SourceUri.Hub uri, Credentials credentials) {
        Hub hub = hubs.apply(credentials);
        Hub.Commit commit = hub.commit(Hub.Kind.models, uri.repository(), uri.revisionOrMain())
                .orElseThrow(uri::missing);
        String path = uri.path().replaceAll("/+$", "");
        return new HubFiles(hub, Hub.Kind.models, uri.repository(), commit, path.isEmpty() ? "" : path + "/");
    }

    private S3Folder s3(SourceUri.S3 uri, Credentials credentials) {
        return s3Folders.computeIfAbsent(
                new Location(uri, credentials),
                l -> new S3Folder(
                        new S3Bucket(uri.bucket(), s3Logins.apply(credentials), HttpsFetcher::sleep, cache),
                        uri.key()));
    }

    /** Copies a file of that name into a folder; empty when there is none. */
    @FunctionalInterface
    public interface Copier {
        Optional<FetchedFile> copy(String name, Path target);
    }

    /**
     * What copies single files of a folder.
     *
     * @param scratch what comes packed is unpacked there; the caller removes it when it has what it wants
     */
    public Copier copier(Location folder, Path scratch) {
        FileSet files = fileSet(folder, scratch);
        return (name, target) -> {
            if (name.contains("/") || name.startsWith(".")) {
                throw new StageException(
                        FailureClass.InvalidData,
                        folder + " lists '" + name + "', and plain file names were expected.");
            }
            return files.fetch(name, target.resolve(name), MAX_MODEL_BYTES);
        };
    }

    private Mount mount(SourceUri.Claim claim) {
        return new Mount("claim '" + claim.claim() + "'", claims.apply(claim.claim()));
    }

    private Path mounted(SourceUri uri) {
        return switch (uri) {
            case SourceUri.Claim claim -> mount(claim).resolve(claim.path());
            case SourceUri.ConfigMap m ->
                new Mount("ConfigMap '" + m.name() + "'", configMaps.apply(m.name())).resolve(m.key());
            case SourceUri.LocalFile f -> local(f);
            case SourceUri.Https _, SourceUri.S3 _, SourceUri.Hub _, SourceUri.Oci _ ->
                throw new IllegalArgumentException(uri + " is not mounted");
        };
    }

    private Path local(SourceUri.LocalFile file) {
        Path path = localFolder == null ? file.path() : localFolder.resolve(file.path());
        if (!Files.isReadable(path)) {
            throw new StageException(
                    FailureClass.SourceUnavailable,
                    "Cannot read " + file + ": " + path.toAbsolutePath()
                            + (Files.exists(path) ? " may not be read." : " does not exist."));
        }
        return path;
    }
}
