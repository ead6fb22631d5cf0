package dev.finetune.trainer.training;

import dev.finetune.api.TextPreprocessing;
import dev.finetune.trainer.metric.Threshold;
import dev.finetune.trainer.model.Pooling;
import java.util.List;
import java.util.Optional;

/**
 * The LinearProbe baseline: what the base model knows without being trained. A linear model on frozen features that are
 * standardised by train's mean and deviation. Pooling and C are those with the lowest validation loss, and the threshold is chosen there as the
 * candidate's is; the fit sees train only.
 */
record Probe(
        List<String> labels,
        TextPreprocessing preprocessing,
        int maxLength,
        Pooling pooling,
        double c,
        double validationLoss,
        double threshold,
        double[] mean,
        double[] deviation,
        LinearModel model) {
    private static final double[] STRENGTHS = {0.01, 0.1, 1, 10, 100};

    /** What is fitted and chosen: the rest says how texts become features. */
    record Texts(List<String> labels, TextPreprocessing preprocessing, int maxLength) {}

    /**
     * Fits every pooling with every C nearly, and the best on validation to the end; ties go to the smaller C, then to the first
     * token.
     */
    static Probe fit(Texts texts, Objective objective, FrozenFeatures train, FrozenFeatures validation) {
        Probe best = choose(texts, objective, train, validation);
        double[][] x = standardised(train.pooled(best.pooling), best.mean, best.deviation);
        LinearModel fitted = objective.fit(x, best.c, Optional.of(best.model), true);
        double[][] held = standardised(validation.pooled(best.pooling), best.mean, best.deviation);
        double[][] answers = fitted.answers(held);
        return new Probe(
                texts.labels(),
                texts.preprocessing(),
                texts.maxLength(),
                best.pooling,
                best.c,
                objective.validationLoss(answers),
                objective.threshold(answers),
                best.mean,
                best.deviation,
                fitted);
    }

    private static Probe choose(Texts texts, Objective objective, FrozenFeatures train, FrozenFeatures validation) {
        Probe best = null;
        for (Pooling pooling : train.poolings()) {
            float[][] rows = train.pooled(pooling);
            double[] mean = mean(rows);
            double[] deviation = deviation(rows, mean);
            double[][] x = standardised(rows, mean, deviation);
            double[][] held = standardised(validation.pooled(pooling), mean, deviation);
            Optional<LinearModel> start = Optional.empty();
            for (double c : STRENGTHS) {
                LinearModel fitted = objective.fit(x, c, start, false);
                start = Optional.of(fitted);
                double loss = objective.validationLoss(fitted.answers(held));
                if (best == null || loss < best.validationLoss) {
                    best = new Probe(
                            texts.labels(),
                            texts.preprocessing(),
                            texts.maxLength(),
                            pooling,
                            c,
                            loss,
                            Threshold.DEFAULT,
                            mean,
                            deviation,
                            fitted);
                }
            }
        }
        return java.util.Objects.requireNonNull(best);
    }

    /** The answer to each row of raw features. */
    double[][] answers(FrozenFeatures features) {
        return model.answers(standardised(features.pooled(pooling), mean, deviation));
    }

    /** The mean of each feature. */
    static double[] mean(float[][] rows) {
        double[] mean = new double[rows[0].length];
        for (float[] row : rows) {
            for (int f = 0; f < mean.length; f++) {
                mean[f] += row[f];
            }
        }
        for (int f = 0; f < mean.length; f++) {
            mean[f] /= rows.length;
        }
        return mean;
    }

    /** The deviation of each feature, 1 where it is always the same. */
    static double[] deviation(float[][] rows, double[] mean) {
        double[] deviation = new double[mean.length];
        for (float[] row : rows) {
            for (int f = 0; f < mean.length; f++) {
                deviation[f] += (row[f] - mean[f]) * (row[f] - mean[f]);
            }
        }
        for (int f = 0; f < mean.length; f++) {
            double value = Math.sqrt(deviation[f] / rows.length);
            deviation[f] = value > 0 ? value : 1;
        }
        return deviation;
    }

    /** Rows of features, each less its mean and over its deviation. */
    static double[][] standardised(float[][] rows, double[] mean, double[] deviation) {
        double[][] x = new double[rows.length][mean.length];
        for (int i = 0; i < rows.length; i++) {
            for (int f = 0; f < mean.length; f++) {
                x[i][f] = (rows[i][f] - mean[f]) / deviation[f];
            }
        }
        return x;
    }
}
