package dev.finetune.trainer.evaluation;

import dev.finetune.trainer.model.Predictor;
import java.io.IOException;
import java.util.List;

/** Opens the models that are scored. One is open at a time; the caller closes it. */
interface PredictorSource {
    Predictor candidate() throws IOException;

    /** The prior of the training labels. */
    Predictor prior() throws IOException;

    /** Logistic regression on the frozen base model. */
    Predictor probe() throws IOException;

    /** The labels of the base model's own head, in its order; empty where it has none. */
    List<String> baseModelLabels() throws IOException;

    /** The base model with its own head. */
    Predictor baseModel() throws IOException;

    /** The artefact that serves under that digest. */
    Predictor deployed(String digest) throws IOException;
}
