package dev.finetune.trainer.dataset;

import dev.finetune.trainer.storage.Volume;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Images inside of Parquet files with their labels. Row by row they are copied into one file, from which all that comes later takes them: inside
 * of Parquet no image can be read by itself.
 */
final class ParquetImages {
    private final Dataset.NamedFile source;
    private final ReadSettings settings;
    private final Path copies;
    private final List<ImageFiles.Labelled> files = new ArrayList<>();
    private final List<String> unreadable = new ArrayList<>();
    private final List<String> unlabelled = new ArrayList<>();
    private long copied;

    private ParquetImages(Dataset.NamedFile source, ReadSettings settings, Path copies) {
        this.source = source;
        this.settings = settings;
        this.copies = copies;
    }

    /** The images of a source, one Parquet file or a folder of them, copied into a new file of the scratch folder. */
    static ImageFiles of(Dataset.NamedFile source, ReadSettings settings, Path scratch) {
        try {
            Path copies = Files.createTempFile(Files.createDirectories(scratch), "images", "");
            ParquetImages images = new ParquetImages(source, settings, copies);
            try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(copies))) {
                for (DataFile file : new DataFile(source.name(), source.path()).files(settings.format())) {
                    images.read(file, out);
                }
            }
            return new ImageFiles(source.name(), images.files, images.unreadable, images.unlabelled, name -> false);
        } catch (IOException e) {
            throw Volume.failure(scratch, e);
        }
    }

    private void read(DataFile file, OutputStream out) throws IOException {
        String part = file.path().equals(source.path())
                ? ""
                : file.name().substring(source.name().length() + 1) + ", ";
        try (ParquetRows rows = opened(file)) {
            for (Optional<Row> row = rows.next(); row.isPresent(); row = rows.next()) {
                String id = file.name() + ":" + row.get().line();
                String place = part + rows.unit() + " " + row.get().line();
                switch (row.get()) {
                    case Row.Broken bad -> unreadable.add(place + ": " + bad.problem());
                    case Row.Read read when ExampleKey.isEmpty(read.value(Role.label)) -> unlabelled.add(id);
                    case Row.Read read -> add(read, rows.image(), id, place, out);
                }
            }
        }
    }

    private void add(Row.Read row, byte[] image, String id, String place, OutputStream out) throws IOException {
        String name = row.value(Role.image);
        if (image.length == 0 && !name.isEmpty()) {
            unreadable.add(
                    place + ": it names '" + name
                            + "' and does not hold it; write the data set with its images, as push_to_hub of Python's datasets does");
            return;
        }
        out.write(image);
        files.add(new ImageFiles.Labelled(
                id,
                name.isEmpty() ? place : place + ", " + name,
                row.value(Role.label),
                new StoredImage(copies.toString(), copied, image.length)));
        copied += image.length;
    }

    /** What cannot be read is not the fault of the volume that is written to. */
    private ParquetRows opened(DataFile file) {
        try {
            return file.openParquet(settings);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file.name() + ": " + e.getMessage(), e);
        }
    }
}
