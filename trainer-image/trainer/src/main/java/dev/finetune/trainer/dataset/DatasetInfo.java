package dev.finetune.trainer.dataset;

import dev.finetune.api.Finding;
import java.util.List;

/** What prepare tells the later stages about the data: {@code train/dataset.json}. Labels are sorted by code point; of numbers it is one
 * name. */
public record DatasetInfo(
        int splitVersion,
        String datasetDigest,
        String testDigest,
        List<String> labels,
        long train,
        long validation,
        long test,
        boolean testIndependent,
        List<Finding> findings) {
    /** What stands in the place of the labels where answers are numbers. */
    public static final String SCORE = "score";
}
