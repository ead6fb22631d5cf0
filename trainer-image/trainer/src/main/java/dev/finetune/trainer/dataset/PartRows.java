package dev.finetune.trainer.dataset;

import java.io.IOException;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The rows of several files, one file after the other. */
final class PartRows implements RowReader {
    private final String source;
    private final ReadSettings settings;
    private final Iterator<Part> parts;
    private @Nullable RowReader rows;
    private String name = "";

    PartRows(String source, List<Part> parts, ReadSettings settings) {
        this.source = source;
        this.settings = settings;
        this.parts = parts.iterator();
    }

    @Override
    public Optional<Row> next() throws IOException {
        while (true) {
            Optional<Row> row = rows == null ? Optional.empty() : rows.next();
            if (row.isPresent()) {
                return row;
            }
            close();
            if (!parts.hasNext()) {
                return Optional.empty();
            }
            Part part = parts.next();
            name = part.name();
            rows = new DataFile(source + "/" + name, part.path()).openFile(settings);
        }
    }

    @Override
    public Optional<String> part() {
        return Optional.of(name);
    }

    @Override
    public String unit() {
        return rows == null ? "line" : rows.unit();
    }

    @Override
    public void close() throws IOException {
        if (rows != null) {
            rows.close();
            rows = null;
        }
    }
}
