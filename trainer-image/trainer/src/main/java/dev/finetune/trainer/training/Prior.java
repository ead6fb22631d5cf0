package dev.finetune.trainer.training;

import dev.finetune.api.Answer;
import dev.finetune.api.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is answered without looking at the input: the share of each label in train, or the mean of its numbers. Where there may be several
 * labels, those are given that most of train has. Of tags it is the share of each among all words, and for a word of train, written exactly so, among its own
 * occurrences. The MajorityClass baseline, {@code run/baselines/prior.json}.
 *
 * @param words of tags: how often each word of train has which tag; absent for other answers
 */
public record Prior(
        Answer kind,
        List<String> labels,
        List<Double> answer,
        @Nullable Map<String, Map<String, Integer>> words) {
    /** One that looks at nothing. */
    Prior(Answer kind, List<String> labels, List<Double> answer) {
        this(kind, labels, answer, null);
    }

    /** The file's name in the folder of the baselines. */
    public static final String FILE = "prior.json";

    /** Reads it from the folder of the baselines. */
    public static Prior read(Path baselines) throws IOException {
        return Json.MAPPER.readValue(Files.readAllBytes(baselines.resolve(FILE)), Prior.class);
    }
}
