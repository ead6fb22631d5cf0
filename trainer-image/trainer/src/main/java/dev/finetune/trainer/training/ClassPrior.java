package dev.finetune.trainer.training;

import dev.finetune.api.Json;
import dev.finetune.trainer.dataset.Example;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** The share of each label in train: the scores of the MajorityClass baseline, {@code run/baselines/prior.json}. */
public record ClassPrior(List<String> labels, List<Double> probabilities) {
    /** The file's name in the folder of the baselines. */
    public static final String FILE = "prior.json";

    /** Counted over the training examples. */
    static ClassPrior of(List<String> labels, List<Example> train) {
        double[] counts = new double[labels.size()];
        for (Example example : train) {
            counts[labels.indexOf(example.label())]++;
        }
        return new ClassPrior(
                labels, Arrays.stream(counts).mapToObj(c -> c / train.size()).toList());
    }

    /** Reads it from the folder of the baselines. */
    public static ClassPrior read(Path baselines) throws IOException {
        return Json.MAPPER.readValue(Files.readAllBytes(baselines.resolve(FILE)), ClassPrior.class);
    }
}
