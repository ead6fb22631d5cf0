package dev.finetune.trainer.dataset;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.finetune.api.FailureClass;
import dev.finetune.api.Json;
import dev.finetune.api.run.StageException;
import dev.hardwood.reader.ParquetFileReader;
import dev.hardwood.row.PqList;
import dev.hardwood.schema.ColumnProjection;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * The rows of a Parquet file, of which only the columns of the task are read. Texts, numbers and booleans are taken as they are written; where
 * Hugging Face's {@code datasets} wrote the names of a label column's classes into the file, the names are taken.
 */
final class ParquetRows implements RowReader {
    private final String file;
    private final ReadSettings settings;
    private final ParquetFileReader parquet;
    private final dev.hardwood.reader.RowReader rows;
    private final List<String> classNames;
    private long number;

    ParquetRows(String file, Path path, ReadSettings settings) {
        this.file = file;
        this.settings = settings;
        ParquetFileReader opened = opened(file, path);
        try {
            List<String> columns = opened.getFileSchema().getRootNode().children().stream()
                    .map(node -> node.name())
                    .toList();
            settings.columns().forEach((role, column) -> check(columns, column, role));
            this.classNames =
                    classNames(opened.getFileMetaData().keyValueMetadata().get("huggingface"));
            this.rows = opened.buildRowReader()
                    .projection(
                            ColumnProjection.columns(settings.columns().values().toArray(new String[0])))
                    .build();
        } catch (RuntimeException e) {
            closed(opened);
            throw e instanceof StageException ? e : damaged(file, e);
        }
        this.parquet = opened;
    }

    @Override
    public Optional<Row> next() {
        try {
            if (!rows.hasNext()) {
                return Optional.empty();
            }
            rows.next();
            number++;
            return Optional.of(row());
        } catch (RuntimeException e) {
            throw damaged(file, e);
        }
    }

    private Row row() {
        Map<Role, String> values = new EnumMap<>(Role.class);
        long length = 0;
        for (Map.Entry<Role, String> column : settings.columns().entrySet()) {
            Object value = rows.getValue(column.getValue());
            String written = value(column.getKey(), value);
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
    private @Nullable String value(Role role, @Nullable Object value) {
        return switch (role) {
            case text, textPair, image -> written(value);
            case label -> label(value);
            case labels -> labels(value);
            case tokens -> list(value, ParquetRows::written).map(TextList::of).orElse(null);
            case tags -> list(value, this::label).map(TextList::of).orElse(null);
        };
    }

    private @Nullable String label(@Nullable Object value) {
        return named(value).orElseGet(() -> written(value));
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

    private Optional<String> named(@Nullable Object label) {
        return label instanceof Number n
                        && !classNames.isEmpty()
                        && n.longValue() >= 0
                        && n.longValue() < classNames.size()
                ? Optional.of(classNames.get(n.intValue()))
                : Optional.empty();
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

    private List<String> classNames(@Nullable String metadata) {
        if (metadata == null) {
            return List.of();
        }
        try {
            JsonNode feature = Json.MAPPER
                    .readTree(metadata)
                    .path("info")
                    .path("features")
                    .path(settings.column(settings.answerRole()));
            // Those of a list stand with what it is a list of.
            JsonNode names = (settings.answerRole().isList() ? feature.path("feature") : feature).path("names");
            return StreamSupport.stream(names.spliterator(), false)
                    .map(JsonNode::asText)
                    .toList();
        } catch (JsonProcessingException e) {
            return List.of();
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

    private static ParquetFileReader opened(String file, Path path) {
        try {
            return ParquetFileReader.open(new ReadFile(path));
        } catch (IOException | RuntimeException e) {
            throw damaged(file, e);
        }
    }

    private static StageException damaged(String file, Exception e) {
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
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Override
    public String unit() {
        return "row";
    }

    @Override
    public void close() throws IOException {
        rows.close();
        parquet.close();
    }
}
