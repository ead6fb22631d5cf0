package dev.finetune.trainer.training;

import dev.finetune.api.Answer;
import dev.finetune.api.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What is answered without looking at the input: the share of each label in train, or the mean of its numbers. Where there may be several
 * labels, those are given that most of train has. The MajorityClass baseline, {@code run/baselines/prior.json}.
 */
public record Prior(Answer kind, List<String> labels, List<Double> answer) {
    /** The file's name in the folder of the baselines. */
    public static final String FILE = "prior.json";

    /** Reads it from the folder of the baselines. */
    public static Prior read(Path baselines) throws IOException {
        return Json.MAPPER.readValue(Files.readAllBytes(baselines.resolve(FILE)), Prior.class);
    }
}
