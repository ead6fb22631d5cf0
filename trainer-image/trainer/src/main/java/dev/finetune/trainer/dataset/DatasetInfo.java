package dev.finetune.trainer.dataset;

import dev.finetune.api.Finding;
import java.util.List;

/** What prepare tells the later stages about the data: {@code train/dataset.json}. Labels are sorted by code point. */
public record DatasetInfo(
        int splitVersion,
        String datasetDigest,
        String testDigest,
        List<String> labels,
        long train,
        long validation,
        long test,
        boolean testIndependent,
        List<Finding> findings) {}
