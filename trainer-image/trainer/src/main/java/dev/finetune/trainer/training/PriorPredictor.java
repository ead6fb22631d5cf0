package dev.finetune.trainer.training;

import dev.finetune.trainer.model.Predictor;
import java.util.List;

/** The MajorityClass baseline: the same scores for every text. */
public final class PriorPredictor implements Predictor {
    private final ClassPrior prior;

    public PriorPredictor(ClassPrior prior) {
        this.prior = prior;
    }

    @Override
    public List<String> labels() {
        return prior.labels();
    }

    @Override
    public double[][] scores(List<String> texts) {
        double[] shares =
                prior.probabilities().stream().mapToDouble(Double::doubleValue).toArray();
        return texts.stream().map(t -> shares.clone()).toArray(double[][]::new);
    }

    @Override
    public void close() {}
}
