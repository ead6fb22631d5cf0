package dev.finetune.trainer.model;

import dev.finetune.api.Answer;
import dev.finetune.trainer.artifact.ArtifactVerifier;
import dev.finetune.trainer.dataset.image.UnreadableImageException;
import dev.finetune.trainer.metric.Threshold;
import dev.finetune.trainer.transform.Input;
import java.nio.file.Path;
import java.util.List;

/** A model that scores raw inputs: a candidate, a deployed artefact, a probe, a prior. Not safe for use by several threads at once. */
public interface Predictor extends AutoCloseable {
    /** A published artefact, whatever it looks at. */
    static Predictor open(Path artifact) {
        return ArtifactVerifier.readManifest(artifact).task().ofImages()
                ? ImagePredictor.open(artifact)
                : ArtifactPredictor.open(artifact);
    }

    /**
     * An input in the form in which it may wait for its turn: of a photo what the model takes of it. Safe for use by several threads.
     *
     * @throws UnreadableImageException where it is no image that can be used
     */
    default Input prepared(Input input) throws UnreadableImageException {
        return input;
    }

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
     * number, {@code [inputs][1]}; or the probabilities of the tags of each of its words, which stand between single spaces, word after word:
     * {@code [inputs][words x labels]}, each row as long as its input.
     */
    double[][] scores(List<? extends Input> inputs);

    @Override
    void close();
}
