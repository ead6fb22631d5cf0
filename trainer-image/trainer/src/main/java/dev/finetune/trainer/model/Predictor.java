package dev.finetune.trainer.model;

import dev.finetune.api.Answer;
import dev.finetune.trainer.metric.Threshold;
import dev.finetune.trainer.transform.TextInput;
import java.util.List;

/** A model that scores raw inputs: a candidate, a deployed artefact, a probe, a prior. Not safe for use by several threads at once. */
public interface Predictor extends AutoCloseable {
    /** The labels, in the order of the scores. */
    List<String> labels();

    /** What its scores are read as; one label unless it says otherwise. */
    default Answer answer() {
        return Answer.Label;
    }

    /** The score from which a label is given, where an input may have several. */
    default double threshold() {
        return Threshold.DEFAULT;
    }

    /**
     * For each raw input the probability of each label, {@code [inputs][labels]}, rows sum to one unless an input may have several; or one
     * number, {@code [inputs][1]}.
     */
    double[][] scores(List<TextInput> inputs);

    @Override
    void close();
}
