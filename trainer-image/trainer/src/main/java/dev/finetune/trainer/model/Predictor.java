package dev.finetune.trainer.model;

import java.util.List;

/** A model that scores raw texts: a candidate, a deployed artefact, a probe, a prior. Not safe for use by several threads at once. */
public interface Predictor extends AutoCloseable {
    /** The labels, in the order of the scores. */
    List<String> labels();

    /** The probability of each label for each raw text: {@code [texts][labels]}, rows sum to one. */
    double[][] scores(List<String> texts);

    @Override
    void close();
}
