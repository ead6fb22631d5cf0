package dev.finetune.trainer.dataset;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** Images that a file lists with their labels, by paths relative to its folder, out of which none may lead. */
final class ImageList {
    private final Dataset.NamedFile source;
    private final ReadSettings settings;
    private final List<ImageFiles.Labelled> files = new ArrayList<>();
    private final List<String> unreadable = new ArrayList<>();
    private final List<String> unlabelled = new ArrayList<>();

    private ImageList(Dataset.NamedFile source, ReadSettings settings) {
        this.source = source;
        this.settings = settings;
    }

    /** The files that a source lists: one list, or a folder of lists and images. */
    static ImageFiles of(Dataset.NamedFile source, ReadSettings settings) {
        ImageList list = new ImageList(source, settings);
        try {
            list.read();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + source.name() + ": " + e.getMessage(), e);
        }
        return new ImageFiles(source.name(), list.files, list.unreadable, list.unlabelled, name -> false);
    }

    private void read() throws IOException {
        boolean folder = Files.isDirectory(source.path());
        Path root = (folder ? source.path() : parent(source.path())).toRealPath();
        try (RowReader rows = new DataFile(source.name(), source.path()).open(settings)) {
            for (Optional<Row> row = rows.next(); row.isPresent(); row = rows.next()) {
                Path list = folder ? root.resolve(rows.part().orElseThrow()) : source.path();
                long line = row.get().line();
                String id = source.name() + rows.part().map("/"::concat).orElse("") + ":" + line;
                String place = rows.part().map(p -> p + ", ").orElse("") + rows.unit() + " " + line;
                switch (row.get()) {
                    case Row.Broken bad -> unreadable.add(place + ": " + bad.problem());
                    case Row.Read read when ExampleKey.isEmpty(read.value(Role.label)) -> unlabelled.add(id);
                    case Row.Read read -> add(root, parent(list), read, id, place);
                }
            }
        }
    }

    private void add(Path root, Path folder, Row.Read row, String id, String place) throws IOException {
        String name = row.value(Role.image);
        Optional<Path> file = file(folder, name);
        if (file.isEmpty()) {
            unreadable.add(place + ": there is no file '" + name
                    + "' beside the list; paths are relative to it, and a source holds the list and its images");
        } else if (!file.get().toRealPath().startsWith(root)) {
            unreadable.add(place + ": '" + name + "' leads out of " + source.name());
        } else {
            files.add(new ImageFiles.Labelled(
                    id, place + ", " + name, row.value(Role.label), StoredImage.of(file.get())));
        }
    }

    private static Optional<Path> file(Path folder, String name) {
        try {
            return Optional.of(folder.resolve(name)).filter(Files::isRegularFile);
        } catch (InvalidPathException e) {
            return Optional.empty();
        }
    }

    private static Path parent(Path file) {
        return Objects.requireNonNull(file.toAbsolutePath().getParent(), "a file stands in a folder");
    }
}
