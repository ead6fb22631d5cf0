package dev.finetune.trainer.dataset;

import dev.finetune.api.FailureClass;
import dev.finetune.api.run.StageException;
import java.io.IOException;
import java.io.Reader;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** The rows of a CSV or TSV file: every row has as many fields as the header, or as the first row where there is none. */
final class CsvRows implements RowReader {
    private static final int SHOWN_COLUMNS = 10;

    private final ReadSettings settings;
    private final CsvLines lines;
    private final int width;
    private final Map<Role, Integer> places = new EnumMap<>(Role.class);
    private Optional<CsvLines.Line> first;

    CsvRows(String file, Reader reader, ReadSettings settings) throws IOException {
        this.settings = settings;
        this.lines = new CsvLines(file, reader, settings);
        CsvLines.Line start = nextLine()
                .orElseThrow(() -> new StageException(
                        FailureClass.InvalidData,
                        file + " is empty: " + (settings.header() ? "a header and rows were" : "rows were")
                                + " expected."));
        this.width = start.fields().size();
        settings.columns()
                .forEach((role, column) -> places.put(
                        role,
                        settings.header()
                                ? named(file, start.fields(), column, role)
                                : numbered(file, start.fields(), column, role)));
        this.first = settings.header() ? Optional.empty() : Optional.of(start);
    }

    @Override
    public Optional<Row> next() throws IOException {
        Optional<CsvLines.Line> line = first.isPresent() ? first : nextLine();
        first = Optional.empty();
        return line.map(this::row);
    }

    private Row row(CsvLines.Line line) {
        if (line.fields().size() != width) {
            return new Row.Broken(
                    line.number(),
                    "it has " + line.fields().size() + (line.fields().size() == 1 ? " field" : " fields") + " where "
                            + (settings.header() ? "the header" : "the first row") + " has " + width
                            + ": put fields that hold the delimiter in quotes");
        }
        if (line.looseQuote()) {
            return new Row.Broken(
                    line.number(),
                    "an unquoted field holds a quote: put the field in quotes and double the quote, or set spec.dataset.csv.quote: None");
        }
        Map<Role, String> values = new EnumMap<>(Role.class);
        places.forEach((role, place) -> {
            String field = line.fields().get(place);
            values.put(role, role == Role.labels ? LabelSet.ofField(field, settings.labelSeparator()) : field);
        });
        return Row.of(line.number(), settings, values);
    }

    private Optional<CsvLines.Line> nextLine() throws IOException {
        Optional<CsvLines.Line> line = lines.next();
        while (line.isPresent() && line.get().blank()) {
            line = lines.next();
        }
        return line;
    }

    private static int named(String file, List<String> header, String column, Role role) {
        int index = header.indexOf(column);
        if (index < 0) {
            throw new StageException(
                    FailureClass.InvalidData,
                    file + " has no column '" + column + "' (spec.dataset.columns." + role + "); its header has "
                            + shown(header)
                            + ". Name one of these, or set spec.dataset.csv (delimiter, header: false) to how the file is written.");
        }
        if (index != header.lastIndexOf(column)) {
            throw new StageException(
                    FailureClass.InvalidData,
                    file + " has column '" + column + "' twice in its header: rename one of them.");
        }
        return index;
    }

    private static int numbered(String file, List<String> firstRow, String column, Role role) {
        int index = Integer.parseInt(column);
        if (index >= firstRow.size()) {
            throw new StageException(
                    FailureClass.InvalidData,
                    file + " has no column " + column + " (spec.dataset.columns." + role
                            + "): its first row has columns 0 to " + (firstRow.size() - 1)
                            + ". Check spec.dataset.csv.delimiter.");
        }
        return index;
    }

    private static String shown(List<String> header) {
        String columns = header.stream()
                .limit(SHOWN_COLUMNS)
                .map(c -> "'" + (c.length() > 40 ? c.substring(0, 40) + "..." : c) + "'")
                .collect(Collectors.joining(", "));
        return columns + (header.size() > SHOWN_COLUMNS ? " and " + (header.size() - SHOWN_COLUMNS) + " more" : "");
    }

    @Override
    public void close() throws IOException {
        lines.close();
    }
}
