package dev.finetune.trainer.dataset;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.finetune.api.Json;
import java.util.List;

/** Texts in their order as one text: a JSON list. So the tags of an example are one text, as answers are in every task. */
public final class TextList {
    private TextList() {}

    /** The text of this list. */
    public static String of(List<String> texts) {
        return Json.write(texts);
    }

    /** The list of such a text. */
    public static List<String> read(String text) {
        try {
            return List.of(Json.MAPPER.readValue(text, String[].class));
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("not a list of texts: " + text, e);
        }
    }
}
