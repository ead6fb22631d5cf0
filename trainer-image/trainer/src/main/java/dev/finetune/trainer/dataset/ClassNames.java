package dev.finetune.trainer.dataset;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.finetune.api.Json;
import java.util.List;
import java.util.Optional;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * The names of a column's classes by their numbers, which Python's {@code datasets} writes into a Parquet file's metadata under the key
 * {@value #KEY}; none where the column has none.
 */
record ClassNames(List<String> names) {
    static final String KEY = "huggingface";

    /** Those of a column that holds class numbers, or lists of them, from what stands under the key. */
    static ClassNames of(@Nullable String metadata, String column, boolean ofLists) {
        if (metadata == null) {
            return new ClassNames(List.of());
        }
        try {
            JsonNode feature =
                    Json.MAPPER.readTree(metadata).path("info").path("features").path(column);
            // Those of a list stand with what it is a list of.
            JsonNode names = (ofLists ? feature.path("feature") : feature).path("names");
            return new ClassNames(StreamSupport.stream(names.spliterator(), false)
                    .map(JsonNode::asText)
                    .toList());
        } catch (JsonProcessingException e) {
            return new ClassNames(List.of());
        }
    }

    /** What a number of the column stands for, nothing where it has no name; below zero, as {@code datasets} has it, for a missing label. */
    Optional<String> of(@Nullable Object value) {
        if (names.isEmpty() || !(value instanceof Number number) || number.longValue() >= names.size()) {
            return Optional.empty();
        }
        return Optional.of(number.longValue() < 0 ? "" : names.get(number.intValue()));
    }
}
