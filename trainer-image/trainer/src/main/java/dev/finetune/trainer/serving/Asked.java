package dev.finetune.trainer.serving;

import dev.finetune.trainer.model.FoundEntity;
import dev.finetune.trainer.transform.Input;
import dev.finetune.trainer.transform.Words;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** One input of a request: what the model is asked, and where it tags words, where these stand in what the client sent. */
record Asked(Input input, Optional<Words> words) {
    /** A raw input; it is cut into words where the model tags these. */
    static Asked of(Input raw, boolean ofWords) {
        return ofWords ? of(Words.in(raw.texts().text())) : new Asked(raw, Optional.empty());
    }

    /** Words as they are. */
    static Asked of(Words words) {
        return new Asked(words.input(), Optional.of(words));
    }

    /** The entities that a row of scores, {@code [words x tags]}, finds, as answers show them. */
    List<Map<String, Object>> entities(double[] scores, List<String> tags) {
        return FoundEntity.in(words.orElseThrow(), scores, tags).stream()
                .map(FoundEntity::asAnswer)
                .toList();
    }
}
