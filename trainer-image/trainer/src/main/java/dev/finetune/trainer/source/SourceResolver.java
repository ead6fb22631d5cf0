package dev.finetune.trainer.source;

import dev.finetune.api.FailureClass;
import dev.finetune.api.run.PodPaths;
import dev.finetune.api.run.StageException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Turns addresses into files of this machine. In a pod claims and ConfigMaps are mounted by the operator; a local run reads
 * {@code file://} and {@code https://} only.
 */
public final class SourceResolver {
    /** More than any data set that one trainer can train on, and less than what fills a node. */
    private static final long MAX_DATA_BYTES = 20L << 30;

    private static final long MAX_MODEL_BYTES = 200L << 30;

    private final Function<String, Path> claims;
    private final Function<String, Path> configMaps;
    private final @Nullable Path localFolder;
    private final HttpsFetcher https;

    private SourceResolver(
            Function<String, Path> claims,
            Function<String, Path> configMaps,
            @Nullable Path localFolder,
            HttpsFetcher https) {
        this.claims = claims;
        this.configMaps = configMaps;
        this.localFolder = localFolder;
        this.https = https;
    }

    /** For a pod. */
    public static SourceResolver inPod() {
        return new SourceResolver(
                name -> Path.of(PodPaths.claim(name)),
                name -> Path.of(PodPaths.configMap(name)),
                null,
                new HttpsFetcher());
    }

    /** For a machine without a cluster; relative {@code file://} paths are taken from {@code folder}, the manifest's. */
    public static SourceResolver local(Path folder) {
        return new SourceResolver(Path::of, Path::of, folder, new HttpsFetcher());
    }

    /** For tests: mounts below {@code root} as in a pod, and another way to download. */
    static SourceResolver below(Path root, HttpsFetcher https) {
        return new SourceResolver(root.resolve("pvc")::resolve, root.resolve("configmap")::resolve, null, https);
    }

    /** Reads an address and refuses what cannot be reached from here. */
    public SourceUri parse(String field, String text) {
        SourceUri uri = SourceUri.parse(field, text);
        boolean reachable = switch (uri) {
            case SourceUri.Https _ -> true;
            case SourceUri.LocalFile _ -> localFolder != null;
            case SourceUri.Claim _, SourceUri.ConfigMap _ -> localFolder == null;
        };
        if (!reachable) {
            throw new StageException(
                    FailureClass.InvalidSpec,
                    field + " is '" + text + "': "
                            + (localFolder == null
                                    ? "file:// works only in a local run, a pod does not see your files; use pvc://claim/path"
                                    : "there is no cluster in a local run; use file://path or https://host/path"));
        }
        return uri;
    }

    /**
     * A file or folder of data, unpacked where it is an archive. What is mounted is used where it lies; what is downloaded or unpacked
     * goes below {@code scratch}, which the caller removes.
     *
     * @throws StageException SourceUnavailable when it is missing or may not be read, InvalidData for a bad archive
     */
    public Path data(SourceUri uri, Path scratch) {
        Path data = uri instanceof SourceUri.Https web
                ? https.fetch(web.address(), scratch.resolve("packed"), MAX_DATA_BYTES)
                        .path()
                : mounted(uri);
        return Files.isDirectory(data)
                ? data
                : new Archive(uri.fileName(), data, UnpackLimits.DATA).unpacked(scratch.resolve("unpacked"));
    }

    /** Where a folder of files comes from. */
    FileSet fileSet(SourceUri uri) {
        return switch (uri) {
            case SourceUri.Https web -> new FileSet.Remote(web.address(), https);
            case SourceUri.ConfigMap map ->
                throw new StageException(
                        FailureClass.InvalidSpec,
                        map + " is one small file; a model needs a folder: use pvc://claim/folder");
            case SourceUri.Claim claim -> {
                Mount mount = mount(claim);
                yield new FileSet.Folder(uri.toString(), mount.resolve(claim.path()), mount.real());
            }
            case SourceUri.LocalFile file -> {
                Path folder = local(file).toAbsolutePath();
                yield new FileSet.Folder(uri.toString(), folder, folder.getRoot());
            }
        };
    }

    /** Copies one file of a folder into another folder; empty when there is none of that name. */
    public Optional<FetchedFile> copy(SourceUri folder, String name, Path target) {
        if (name.contains("/") || name.startsWith(".")) {
            throw new StageException(
                    FailureClass.InvalidData, folder + " lists '" + name + "', and plain file names were expected.");
        }
        return fileSet(folder).fetch(name, target.resolve(name), MAX_MODEL_BYTES);
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
            case SourceUri.Https web -> throw new IllegalArgumentException(web + " is not mounted");
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
