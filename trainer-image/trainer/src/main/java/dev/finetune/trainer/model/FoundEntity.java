package dev.finetune.trainer.model;

import dev.finetune.trainer.metric.Decisions;
import dev.finetune.trainer.transform.Entity;
import dev.finetune.trainer.transform.Words;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * An entity in a text, as the pipelines of transformers answer with {@code aggregation_strategy="first"}: a word's tag and score are those of its first token, an
 * entity's score is the mean of its words'.
 *
 * @param text as it stands in the text
 * @param start its first character in the text, counted in code points as Python does
 * @param end the character after its last
 */
public record FoundEntity(String type, String text, int start, int end, double score) {
    /** The entities that a row of scores, {@code [words x tags]}, finds in these words. */
    public static List<FoundEntity> in(Words words, double[] scores, List<String> tags) {
        return Entity.of(Decisions.tags(scores, tags)).stream()
                .map(entity -> of(entity, words, scores, tags.size()))
                .toList();
    }

    private static FoundEntity of(Entity entity, Words words, double[] scores, int tags) {
        String text = words.text();
        int from = words.spans().get(entity.from()).from();
        int to = words.spans().get(entity.to() - 1).to();
        double sum = 0;
        for (int w = entity.from(); w < entity.to(); w++) {
            sum += Arrays.stream(scores, w * tags, (w + 1) * tags).max().orElse(0);
        }
        int start = text.codePointCount(0, from);
        return new FoundEntity(
                entity.type(),
                text.substring(from, to),
                start,
                start + text.codePointCount(from, to),
                sum / (entity.to() - entity.from()));
    }

    /** The names and values that answers have, the score in single precision. */
    public Map<String, Object> asAnswer() {
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("type", type);
        answer.put("text", text);
        answer.put("start", start);
        answer.put("end", end);
        answer.put("score", (float) score);
        return answer;
    }
}
