package dev.finetune.trainer.dataset;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
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
    private final Lines lines;

    JsonRows(Reader reader, ReadSettings settings) {
        this.settings = settings;
        this.lines = new Lines(reader);
    }

    @Override
    public Optional<Row> next() throws IOException {
        while (lines.next()) {
            if (lines.isTooLong()) {
                return Optional.of(
                        new Row.Broken(lines.number(), "it is longer than " + MAX_ROW_LENGTH + " characters"));
            }
            if (!lines.text().isBlank()) {
                return Optional.of(row(lines.text(), lines.number()));
            }
        }
        return Optional.empty();
    }

    private Row row(String json, long number) {
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
            Role role = column.getKey();
            Optional<String> wrong = notText(key, value, role);
            if (wrong.isPresent()) {
                return new Row.Broken(number, wrong.get());
            }
            values.put(
                    role,
                    switch (role) {
                        case text, textPair, label, image -> written(value);
                        case labels -> labels(value);
                        case tokens, tags -> TextList.of(texts(value));
                    });
        }
        return Row.of(number, settings, values);
    }

    /** What stands where a text was expected, or a list of texts; empty where nothing else does. */
    private static Optional<String> notText(String key, JsonNode value, Role role) {
        boolean several = role.isList();
        if (!value.isContainerNode()) {
            // One label may stand alone; one word is no text.
            return !several || role == Role.labels || value.isNull()
                    ? Optional.empty()
                    : Optional.of("key '" + key + "' holds " + value + " where a list of texts was expected");
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
        return LabelSet.of(texts(value));
    }

    private static List<String> texts(JsonNode list) {
        List<String> texts = new ArrayList<>();
        list.forEach(item -> texts.add(written(item)));
        return texts;
    }

    /** A null counts as empty. */
    private static String written(JsonNode value) {
        return value.isNull() ? "" : value.asText();
    }

    private static String firstLine(String message) {
        int end = message.indexOf('\n');
        return end < 0 ? message : message.substring(0, end);
    }

    @Override
    public void close() throws IOException {
        lines.close();
    }
}
