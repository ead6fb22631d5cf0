package dev.finetune.trainer.training;

import dev.finetune.api.Answer;
import dev.finetune.trainer.model.Predictor;
import dev.finetune.trainer.transform.Input;
import java.util.List;

/** The MajorityClass baseline: the same scores for every input. */
public final class PriorPredictor implements Predictor {
    private final Prior prior;

    public PriorPredictor(Prior prior) {
        this.prior = prior;
    }

    @Override
    public List<String> labels() {
        return prior.labels();
    }

    @Override
    public Answer answer() {
        return prior.kind();
    }

    @Override
    public double[][] scores(List<? extends Input> inputs) {
        double[] shares =
                prior.answer().stream().mapToDouble(Double::doubleValue).toArray();
        return inputs.stream().map(i -> shares.clone()).toArray(double[][]::new);
    }

    @Override
    public void close() {}
}
