package dev.finetune.trainer.prepare;

import dev.finetune.api.DataFormat;
import dev.finetune.api.DatasetSpec;
import dev.finetune.api.FailureClass;
import dev.finetune.api.Task;
import dev.finetune.api.run.StageException;
import dev.finetune.trainer.artifact.Manifest;
import dev.finetune.trainer.dataset.Dataset;
import dev.finetune.trainer.dataset.SourceFiles;
import dev.finetune.trainer.source.Contents;
import dev.finetune.trainer.source.FetchedData;
import dev.finetune.trainer.source.FetchedFile;
import dev.finetune.trainer.source.LocalFiles;
import dev.finetune.trainer.source.Location;
import dev.finetune.trainer.source.SourceResolver;
import dev.finetune.trainer.source.SourceUri;
import dev.finetune.trainer.storage.Volume;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the data of a job to where it can be read, and keeps what was read of each source. Data on a mounted volume is copied while its digest is taken, so that it
 * crosses the network once; that takes as much room as a download of it would. Where there is not that much, it is read twice.
 */
final class DataSources {
    private static final Logger LOG = LoggerFactory.getLogger(DataSources.class);

    /** The copy, what is written of it for the later stages, and as much for the model. */
    private static final long ROOM = 3;

    private final SourceResolver sources;
    private final Task task;
    private final DatasetSpec data;
    private final List<Manifest.Source> read = new ArrayList<>();

    DataSources(SourceResolver sources, Task task, DatasetSpec data) {
        this.sources = sources;
        this.task = task;
        this.data = data;
    }

    /** The data at that location; what has to be brought here goes below {@code scratch}. */
    Dataset.NamedFile file(String field, Location location, Path scratch) {
        FetchedData fetched = data.format() == DataFormat.HuggingFace
                ? sources.split(location, scratch)
                : sources.data(location, scratch);
        Dataset.NamedFile file = new Dataset.NamedFile(location.uri().fileName(), fetched.path());
        Contents contents = fetched.contents();
        if (contents == null) {
            SourceFiles files = SourceFiles.of(file, task, data);
            LocalFiles local = new LocalFiles(location.uri().shown(), files.root(), files.files());
            Path copy = scratch.resolve("mounted");
            Map<String, FetchedFile> hashed;
            if (isCopied(location, files, scratch)) {
                hashed = local.copied(copy);
                file = new Dataset.NamedFile(
                        file.name(), copy.resolve(files.root().relativize(moved(file.path()))));
            } else {
                hashed = local.hashed();
            }
            contents = Contents.of(hashed);
        }
        read.add(Manifest.Source.of(field, location.uri().shown(), fetched.revision(), contents));
        return file;
    }

    /** The one file of text at that location, on this machine. */
    Dataset.NamedFile text(String field, Location location, long maxBytes, Path scratch) {
        FetchedData fetched = sources.data(location, scratch);
        Path path = only(field, location, fetched.path());
        try {
            if (Files.size(path) > maxBytes) {
                throw new StageException(
                        FailureClass.InvalidData,
                        location.uri().shown() + " has " + Files.size(path) + " bytes: " + field + " may have at most "
                                + maxBytes + "; leave out what the texts do not hold.");
            }
        } catch (IOException e) {
            throw Volume.failure(path, e);
        }
        Contents contents = fetched.contents();
        if (contents == null) {
            Path file = path.toAbsolutePath();
            Path copy = scratch.resolve("mounted");
            Map<String, FetchedFile> copied = new LocalFiles(
                            location.uri().shown(), Objects.requireNonNull(file.getParent()), List.of(file))
                    .copied(copy);
            contents = Contents.of(copied);
            path = copy.resolve(Objects.requireNonNull(file.getFileName()));
        }
        read.add(Manifest.Source.of(field, location.uri().shown(), fetched.revision(), contents));
        return new Dataset.NamedFile(location.uri().fileName(), path);
    }

    /** What is unpacked lies in a folder, even where it is one file. */
    private static Path only(String field, Location location, Path path) {
        if (!Files.isDirectory(path)) {
            return path;
        }
        try (Stream<Path> all = Files.walk(path)) {
            List<Path> files = all.filter(file -> Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS))
                    .limit(2)
                    .toList();
            if (files.size() == 1) {
                return files.getFirst();
            }
            throw new StageException(
                    FailureClass.InvalidData,
                    location.uri().shown() + " holds " + (files.isEmpty() ? "no file: " : "several files: ") + field
                            + " is one; name it.");
        } catch (IOException | UncheckedIOException e) {
            throw new StageException(
                    FailureClass.SourceUnavailable,
                    "Cannot read " + location.uri().shown() + ": " + e.getMessage(),
                    e);
        }
    }

    /** What was read so far. */
    List<Manifest.Source> read() {
        return List.copyOf(read);
    }

    private static Path moved(Path source) {
        try {
            return Files.isDirectory(source) ? source.toRealPath() : source.toAbsolutePath();
        } catch (IOException e) {
            throw Volume.failure(source, e);
        }
    }

    private static boolean isCopied(Location location, SourceFiles files, Path scratch) {
        if (location.uri() instanceof SourceUri.LocalFile || !files.movable()) {
            return false;
        }
        try {
            long bytes = 0;
            for (Path file : files.files()) {
                bytes += Files.size(file);
            }
            Files.createDirectories(scratch);
            long room = Files.getFileStore(scratch).getUsableSpace();
            if (room / ROOM < bytes) {
                LOG.info(
                        "{}: {} bytes are read where they lie, and twice: the workspace has room for {} more bytes, and {} times as many as are copied are wanted",
                        location.uri().shown(),
                        bytes,
                        room,
                        ROOM);
                return false;
            }
            return true;
        } catch (IOException e) {
            throw Volume.failure(scratch, e);
        }
    }
}
