package dev.finetune.trainer.training;

import dev.finetune.api.Answer;

/** A linear model on features: what a probe is. */
sealed interface LinearModel permits LogisticRegression, OneVsRest, RidgeRegression {
    /** All its numbers, the intercepts last; of several models in one, one after the other. */
    double[] weights();

    /** The answer to each row of features. */
    double[][] answers(double[][] features);

    /** What its answers are. */
    Answer answer();
}
