package dev.finetune.trainer.dataset;

import dev.finetune.api.DataFormat;
import dev.finetune.api.DatasetSpec;
import dev.finetune.api.Task;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;

/**
 * The files that a source is read from, before they are: what lies beside them may be many times larger and is never opened.
 *
 * @param root the folder that their names start at: the source, or the folder that it stands in
 * @param movable whether the source reads the same from another folder: not where it names files that are not among them
 */
public record SourceFiles(Path root, List<Path> files, boolean movable) {
    /** Formats that name images by their paths. */
    private static final Set<DataFormat> LISTS = Set.of(DataFormat.CSV, DataFormat.TSV, DataFormat.JSONLines);

    /**
     * Looks for them.
     *
     * @throws dev.finetune.api.run.StageException InvalidData or InvalidSpec, as reading the source would
     */
    public static SourceFiles of(Dataset.NamedFile source, Task task, DatasetSpec spec) {
        ReadSettings settings = ReadSettings.of(task, spec);
        try {
            boolean folder = Files.isDirectory(source.path());
            Path root = folder ? source.path().toRealPath() : parent(source.path());
            TreeSet<Path> files = new TreeSet<>(rows(source, settings));
            boolean movable = true;
            if (settings.ofImages() && LISTS.contains(settings.format())) {
                ImageFiles images = ImageList.of(source, settings);
                images.files()
                        .forEach(
                                image -> files.add(Path.of(image.image().file()).toAbsolutePath()));
                movable = images.unreadable().isEmpty();
            }
            return new SourceFiles(
                    root,
                    List.copyOf(files),
                    movable && files.stream().allMatch(file -> file.startsWith(root) && file.equals(file.normalize())));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + source.name() + ": " + e.getMessage(), e);
        }
    }

    private static List<Path> rows(Dataset.NamedFile source, ReadSettings settings) throws IOException {
        DataFormat format = settings.format();
        if (format == DataFormat.TextFolder || format == DataFormat.ImageFolder) {
            return ClassFolders.of(source.name(), source.path(), format == DataFormat.ImageFolder ? ".jpg" : ".txt")
                    .files()
                    .stream()
                    .map(Part::path)
                    .toList();
        }
        return Files.isDirectory(source.path())
                ? Part.of(source.name(), source.path(), DataFile.extensions(format)).stream()
                        .map(Part::path)
                        .toList()
                : List.of(source.path().toAbsolutePath());
    }

    private static Path parent(Path file) {
        return Objects.requireNonNull(file.toAbsolutePath().getParent(), "a file stands in a folder");
    }
}
