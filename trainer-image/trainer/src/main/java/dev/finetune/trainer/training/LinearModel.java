package dev.finetune.trainer.training;

/** A linear model on features: what a probe is. */
sealed interface LinearModel permits LogisticRegression, RidgeRegression {
    /** All its numbers, the intercepts last. */
    double[] weights();

    /** The answer to each row of features. */
    double[][] answers(double[][] features);
}
