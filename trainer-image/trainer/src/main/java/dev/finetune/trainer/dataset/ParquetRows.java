package dev.finetune.trainer.dataset;

import dev.finetune.api.FailureClass;
import dev.finetune.api.run.StageException;
import dev.hardwood.metadata.FileMetaData;
import dev.hardwood.metadata.RowGroup;
import dev.hardwood.reader.ParquetFileReader;
import dev.hardwood.row.PqList;
import dev.hardwood.schema.ColumnProjection;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The rows of a Parquet file, of which only the columns of the task are read. Texts, numbers and booleans are taken as they are written; where
 * Hugging Face's {@code datasets} wrote the names of a label column's classes into the file, the names are taken. The bytes of an image stand
 * beside its row. In memory are a few row groups, or one where that is large: the reader would take all rows of the file together.
 */
final class ParquetRows implements RowReader {
    /** Bytes of row groups that are read together. */
    private static final long TOGETHER = 32 << 20;

    private final String file;
    private final Path path;
    private final ReadSettings settings;
    private final ClassNames classNames;
    private final Optional<ParquetImageColumn> images;
    private final Iterator<Window> windows;
    private @Nullable Open open;
    private long number;
    private byte[] image = {};

    /** Row groups that are read together, by their rows. */
    private record Window(long first, long rows) {}

    /** What reads a window. */
    private record Open(ParquetFileReader parquet, dev.hardwood.reader.RowReader rows, long end) {
        void close() {
            rows.close();
            closed(parquet);
        }
    }

    ParquetRows(String file, Path path, ReadSettings settings) {
        this(file, path, settings, TOGETHER);
    }

    /** For tests, which have no large files. */
    ParquetRows(String file, Path path, ReadSettings settings, long together) {
        this.file = file;
        this.path = path;
        this.settings = settings;
        ParquetFileReader parquet = opened();
        try {
            List<String> columns = parquet.getFileSchema().getRootNode().children().stream()
                    .map(node -> node.name())
                    .toList();
            settings.columns().forEach((role, column) -> check(columns, column, role));
            FileMetaData metadata = parquet.getFileMetaData();
            this.classNames = ClassNames.of(
                    metadata.keyValueMetadata().get(ClassNames.KEY),
                    settings.column(settings.answerRole()),
                    settings.answerRole().isList());
            this.images = settings.ofImages()
                    ? Optional.of(ParquetImageColumn.of(
                            file, parquet.getFileSchema().getRootNode(), settings.column(Role.image)))
                    : Optional.empty();
            images.ifPresent(column -> column.refuseLarge(metadata.rowGroups()));
            this.windows = windows(metadata.rowGroups(), together).iterator();
        } catch (RuntimeException e) {
            throw e instanceof StageException ? e : damaged(e);
        } finally {
            closed(parquet);
        }
    }

    private List<Window> windows(List<RowGroup> groups, long together) {
        List<Window> windows = new ArrayList<>();
        long first = 0;
        long rows = 0;
        long bytes = 0;
        for (RowGroup group : groups) {
            if (rows > 0 && bytes + group.totalByteSize() > together) {
                windows.add(new Window(first, rows));
                first += rows;
                rows = 0;
                bytes = 0;
            }
            if (group.numRows() < 0 || group.totalByteSize() < 0) {
                throw new IllegalStateException("a row group has less than nothing");
            }
            rows = Math.addExact(rows, group.numRows());
            bytes = Math.addExact(bytes, group.totalByteSize());
        }
        if (rows > 0) {
            windows.add(new Window(first, rows));
        }
        return windows;
    }

    @Override
    public Optional<Row> next() {
        try {
            Open window = open;
            while (window == null || !window.rows().hasNext()) {
                end(window);
                if (!windows.hasNext()) {
                    return Optional.empty();
                }
                window = begun(windows.next());
                open = window;
            }
            window.rows().next();
            number++;
            return Optional.of(row(window.rows()));
        } catch (StageException e) {
            throw e;
        } catch (RuntimeException e) {
            throw damaged(e);
        }
    }

    /** The bytes of the image of the last row, none where it has none. */
    byte[] image() {
        return image;
    }

    private Open begun(Window window) {
        ParquetFileReader parquet = opened();
        try {
            return new Open(
                    parquet,
                    parquet.buildRowReader()
                            .projection(ColumnProjection.columns(
                                    settings.columns().values().toArray(new String[0])))
                            .skip(window.first())
                            .head(window.rows())
                            .build(),
                    window.first() + window.rows());
        } catch (RuntimeException e) {
            closed(parquet);
            throw e;
        }
    }

    private void end(@Nullable Open window) {
        close();
        if (window != null && number != window.end()) {
            throw new IllegalStateException("its row groups say %d rows, and %d came".formatted(window.end(), number));
        }
    }

    private Row row(dev.hardwood.reader.RowReader rows) {
        Map<Role, String> values = new EnumMap<>(Role.class);
        long length = 0;
        for (Map.Entry<Role, String> column : settings.columns().entrySet()) {
            String written = value(column.getKey(), column.getValue(), rows);
            if (written == null) {
                return new Row.Broken(
                        number,
                        "column '" + column.getValue() + "' holds no "
                                + (column.getKey().isList() ? "list of texts" : "text, number or boolean")
                                + ", or bytes that are not UTF-8");
            }
            length += written.length();
            values.put(column.getKey(), written);
        }
        return length > MAX_ROW_LENGTH
                ? new Row.Broken(number, "it is longer than " + MAX_ROW_LENGTH + " characters")
                : Row.of(number, settings, values);
    }

    /** Null is what cannot be written. */
    private @Nullable String value(Role role, String column, dev.hardwood.reader.RowReader rows) {
        if (role == Role.image && images.isPresent()) {
            image = images.get().bytes(rows);
            return images.get().name(rows);
        }
        Object value = rows.getValue(column);
        return switch (role) {
            case text, textPair, image -> written(value);
            case label -> label(value);
            case labels -> labels(value);
            case tokens -> list(value, ParquetRows::written).map(TextList::of).orElse(null);
            case tags -> list(value, this::label).map(TextList::of).orElse(null);
        };
    }

    private @Nullable String label(@Nullable Object value) {
        return classNames.of(value).orElseGet(() -> written(value));
    }

    /** A list, or one label; nothing is none. */
    private @Nullable String labels(@Nullable Object value) {
        if (!(value instanceof PqList)) {
            String one = label(value);
            return one == null ? null : LabelSet.of(one.isBlank() ? List.of() : List.of(one));
        }
        return list(value, this::label).map(LabelSet::of).orElse(null);
    }

    /** The items of a list, none where there is nothing; empty where one of them cannot be written, or it is no list. */
    private static Optional<List<String>> list(
            @Nullable Object value, Function<@Nullable Object, @Nullable String> written) {
        if (value == null) {
            return Optional.of(List.of());
        }
        if (!(value instanceof PqList list)) {
            return Optional.empty();
        }
        List<String> texts = new ArrayList<>();
        for (Object item : list.values()) {
            String text = item == null ? null : written.apply(item);
            if (text == null) {
                return Optional.empty();
            }
            texts.add(text);
        }
        return Optional.of(texts);
    }

    /** A null counts as empty; null here is what cannot be written. */
    private static @Nullable String written(@Nullable Object value) {
        return switch (value) {
            case null -> "";
            case String s -> s;
            case Boolean b -> b.toString();
            case BigDecimal d -> d.toPlainString();
            case Number n -> n.toString();
            case byte[] bytes -> utf8(bytes);
            default -> null;
        };
    }

    private static @Nullable String utf8(byte[] bytes) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            return null;
        }
    }

    private void check(List<String> columns, String column, Role role) {
        if (!columns.contains(column)) {
            throw new StageException(
                    FailureClass.InvalidData,
                    file + " has no column '" + column + "' (spec.dataset.columns." + role + "); it has "
                            + columns.stream().limit(20).map(c -> "'" + c + "'").toList() + ".");
        }
    }

    private ParquetFileReader opened() {
        try {
            return ParquetFileReader.open(new ReadFile(path));
        } catch (IOException | RuntimeException e) {
            throw damaged(e);
        }
    }

    private StageException damaged(Exception e) {
        return new StageException(
                FailureClass.InvalidData,
                "Cannot read " + file + " as Parquet: "
                        + (e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage())
                        + ". The file is damaged, or uses what is not supported; write it again with a current library.",
                e);
    }

    private static void closed(ParquetFileReader reader) {
        try {
            reader.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public String unit() {
        return "row";
    }

    @Override
    public void close() {
        Open last = open;
        open = null;
        if (last != null) {
            last.close();
        }
    }
}
