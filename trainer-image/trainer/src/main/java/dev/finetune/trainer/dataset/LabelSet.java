package dev.finetune.trainer.dataset;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.finetune.api.Json;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The labels of an example that may have any number of them, as one text: a JSON list, sorted by code point, each label once. So equal sets are
 * equal texts, whatever a label holds, and an example's answer is one text in every task.
 */
public final class LabelSet {
    private LabelSet() {}

    /** The text of these labels, whatever their order. */
    public static String of(Collection<String> labels) {
        return Json.write(
                labels.stream().distinct().sorted(ClassChecks.BY_CODE_POINT).toList());
    }

    /** The text of labels that stand in one field with a separator between them; a blank field has none. */
    static String ofField(String field, String separator) {
        return field.isBlank()
                ? of(List.of())
                : of(Arrays.stream(field.split(Pattern.quote(separator), -1))
                        .map(String::strip)
                        .toList());
    }

    /** The labels of such a text, sorted. */
    public static List<String> read(String text) {
        try {
            return List.of(Json.MAPPER.readValue(text, String[].class));
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("not a list of labels: " + text, e);
        }
    }

    /** The labels as people read them. */
    public static String shown(List<String> labels) {
        return labels.isEmpty() ? "no label" : String.join(", ", labels);
    }
}
