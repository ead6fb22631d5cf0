package dev.finetune.trainer.dataset;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Reader;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** The rows of a JSON Lines file: one object a line, blank lines aside. Numbers and booleans are taken as they are written. */
final class JsonRows implements RowReader {
    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .build();

    private final ReadSettings settings;
    private final BufferedReader reader;
    private final StringBuilder line = new StringBuilder();
    private long number;

    JsonRows(Reader reader, ReadSettings settings) {
        this.settings = settings;
        this.reader = new BufferedReader(reader, 1 << 16);
    }

    @Override
    public Optional<Row> next() throws IOException {
        while (readLine()) {
            if (line.length() > MAX_ROW_LENGTH) {
                return Optional.of(new Row.Broken(number, "it is longer than " + MAX_ROW_LENGTH + " characters"));
            }
            if (!line.toString().isBlank()) {
                return Optional.of(row(line.toString()));
            }
        }
        return Optional.empty();
    }

    private Row row(String json) {
        JsonNode object;
        try {
            object = MAPPER.readTree(json);
        } catch (JsonProcessingException e) {
            return new Row.Broken(
                    number,
                    "it is not one JSON object on one line (" + firstLine(e.getOriginalMessage()) + ", column "
                            + (e.getLocation() == null ? 1 : e.getLocation().getColumnNr()) + ")");
        } catch (NumberFormatException e) {
            return new Row.Broken(number, "it holds a number whose exponent is too large to be read");
        }
        if (!object.isObject()) {
            return new Row.Broken(
                    number,
                    "it is JSON, but not an object with the keys "
                            + settings.columns().values().stream()
                                    .map(c -> "'" + c + "'")
                                    .collect(Collectors.joining(" and ")));
        }
        Map<Role, String> values = new EnumMap<>(Role.class);
        for (Map.Entry<Role, String> column : settings.columns().entrySet()) {
            String key = column.getValue();
            JsonNode value = object.path(key);
            if (value.isMissingNode()) {
                return new Row.Broken(number, "it has no key '" + key + "'");
            }
            boolean several = column.getKey() == Role.labels;
            Optional<String> wrong = notText(key, value, several);
            if (wrong.isPresent()) {
                return new Row.Broken(number, wrong.get());
            }
            values.put(column.getKey(), several ? labels(value) : written(value));
        }
        return Row.of(number, settings, values);
    }

    /** What stands where a text was expected, or a list of texts; empty where nothing else does. */
    private static Optional<String> notText(String key, JsonNode value, boolean several) {
        if (!value.isContainerNode()) {
            return Optional.empty();
        }
        if (!several || value.isObject()) {
            return Optional.of("key '" + key + "' holds " + (value.isArray() ? "a list" : "an object") + " where "
                    + (several ? "a list of texts" : "a text") + " was expected");
        }
        for (JsonNode item : value) {
            if (item.isContainerNode() || item.isNull()) {
                return Optional.of("key '" + key + "' holds a list with "
                        + (item.isNull() ? "null" : item.isArray() ? "a list" : "an object")
                        + " in it where texts were expected");
            }
        }
        return Optional.empty();
    }

    /** A list, or one label; nothing is none. */
    private static String labels(JsonNode value) {
        if (!value.isArray()) {
            return LabelSet.of(written(value).isBlank() ? List.of() : List.of(written(value)));
        }
        List<String> labels = new ArrayList<>();
        value.forEach(item -> labels.add(written(item)));
        return LabelSet.of(labels);
    }

    /** A null counts as empty. */
    private static String written(JsonNode value) {
        return value.isNull() ? "" : value.asText();
    }

    /** Reads up to the next line feed; what exceeds the limit is skipped, and the line is left one too long. */
    private boolean readLine() throws IOException {
        line.setLength(0);
        int c = reader.read();
        if (c < 0) {
            return false;
        }
        number++;
        for (; c >= 0 && c != '\n'; c = reader.read()) {
            if (line.length() <= MAX_ROW_LENGTH) {
                line.append((char) c);
            }
        }
        return true;
    }

    private static String firstLine(String message) {
        int end = message.indexOf('\n');
        return end < 0 ? message : message.substring(0, end);
    }

    @Override
    public void close() throws IOException {
        reader.close();
    }
}
