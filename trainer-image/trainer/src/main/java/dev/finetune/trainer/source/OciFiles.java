package dev.finetune.trainer.source;

import dev.finetune.api.FailureClass;
import dev.finetune.api.run.StageException;
import dev.finetune.trainer.storage.FileTree;
import dev.finetune.trainer.storage.Volume;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The files of an artifact or image, below a path. Layers that are files are fetched when they are asked for; layers that are tars are fetched and unpacked at once,
 * because only then is it known what is in them.
 *
 * @param plain the layers that are files, by their names
 * @param unpacked the folder of what was in tars, if there were any
 * @param inside the path below which files count; empty for all
 */
record OciFiles(
        OciRepository repository,
        SourceUri.Oci uri,
        OciArtifact artifact,
        Map<String, OciDescriptor> plain,
        @Nullable Path unpacked,
        String inside)
        implements FileSet {
    /** The folder of a model in an image, as KServe has it. */
    private static final String MODELS = "models";

    /**
     * Opens what an address led to.
     *
     * @param scratch where layers are unpacked; the caller removes it
     * @param isModel whether files below {@code models/} are meant where the address names no path and there are some
     */
    static OciFiles open(
            OciRepository repository,
            SourceUri.Oci uri,
            OciArtifact artifact,
            Path scratch,
            UnpackLimits limits,
            boolean isModel) {
        Map<String, OciDescriptor> plain = new TreeMap<>();
        List<OciDescriptor> packed = new ArrayList<>();
        for (OciDescriptor layer : artifact.layers()) {
            if (layer.isPacked()) {
                packed.add(layer);
            } else if (plain.put(layer.fileName().orElseThrow(() -> unknown(uri, layer)), layer) != null) {
                throw invalid(uri, "has two files called '" + layer.fileName().orElse("") + "'");
            }
        }
        try {
            OciLayers layers = new OciLayers(
                    uri.toString(), fetch(repository, uri, packed, scratch.resolve("layers"), limits.bytes()), limits);
            String inside = uri.path().replaceAll("/+$", "");
            if (inside.isEmpty()
                    && isModel
                    && (plain.keySet().stream().anyMatch(n -> n.startsWith(MODELS + "/")) || layers.hold(MODELS))) {
                inside = MODELS;
            }
            Path unpacked = packed.isEmpty() ? null : scratch.resolve("image");
            if (unpacked != null) {
                String wanted = inside;
                layers.unpack(unpacked, name -> isInside(name, wanted));
            }
            FileTree.delete(scratch.resolve("layers"));
            return new OciFiles(repository, uri, artifact, plain, unpacked, inside);
        } catch (IOException e) {
            throw Volume.failure(scratch, e);
        }
    }

    private static List<Path> fetch(
            OciRepository repository, SourceUri.Oci uri, List<OciDescriptor> packed, Path folder, long maxBytes) {
        List<Path> files = new ArrayList<>();
        long left = maxBytes;
        for (OciDescriptor layer : packed) {
            Path file = folder.resolve(files.size() + "-" + layer.digest().substring("sha256:".length()));
            left -= repository.blob(layer, file, left).size();
            files.add(file);
        }
        return files;
    }

    private static boolean isInside(String name, String folder) {
        return folder.isEmpty() || name.equals(folder) || name.startsWith(folder + "/");
    }

    private static StageException unknown(SourceUri.Oci uri, OciDescriptor layer) {
        return invalid(
                uri,
                "has a layer of type '" + layer.mediaType() + "': " + OciDescriptor.KNOWN_LAYERS + " was expected");
    }

    private static StageException invalid(SourceUri.Oci uri, String what) {
        return new StageException(FailureClass.InvalidData, uri + " " + what + ".");
    }

    @Override
    public String revision() {
        return artifact.digest();
    }

    @Override
    public Optional<FetchedFile> fetch(String name, Path target, long maxBytes) {
        String path = inside.isEmpty() ? name : inside + "/" + name;
        OciDescriptor file = plain.get(path);
        if (file != null) {
            return Optional.of(repository.blob(file, target, maxBytes));
        }
        return folder().flatMap(
                        folder -> new FileSet.Folder(uri.toString(), folder, folder).fetch(name, target, maxBytes));
    }

    @Override
    public List<String> names() {
        TreeSet<String> names = new TreeSet<>();
        String prefix = inside.isEmpty() ? "" : inside + "/";
        plain.keySet().stream()
                .filter(n -> n.startsWith(prefix))
                .map(n -> n.substring(prefix.length()))
                .forEach(names::add);
        folder().ifPresent(folder -> {
            try (Stream<Path> all = Files.walk(folder)) {
                all.filter(Files::isRegularFile)
                        .forEach(f -> names.add(folder.relativize(f).toString()));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        return List.copyOf(names);
    }

    /** The folder of what was in tars. */
    Optional<Path> folder() {
        return Optional.ofNullable(unpacked)
                .map(root -> root.resolve(inside))
                .filter(Files::isDirectory)
                .map(folder -> {
                    try {
                        return folder.toRealPath();
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                });
    }

    /** The one file that the address means, its path's or the only one of an artifact, below {@code target} under its own name; empty where it means a folder. */
    Optional<FetchedFile> file(Path target, long maxBytes) {
        String name = inside.isEmpty() && unpacked == null && plain.size() == 1
                ? plain.keySet().iterator().next()
                : inside;
        OciDescriptor file = plain.get(name);
        if (file != null) {
            String last = name.substring(name.lastIndexOf('/') + 1);
            return Optional.of(repository.blob(file, SourceResolver.inside(uri, target, last), maxBytes));
        }
        return Optional.ofNullable(unpacked)
                .map(folder -> folder.resolve(inside))
                .filter(Files::isRegularFile)
                .map(found -> LocalFiles.hash(uri.toString(), found));
    }
}
