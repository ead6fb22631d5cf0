package dev.finetune.trainer.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.finetune.trainer.engine.Parameter;
import dev.finetune.trainer.model.Network;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Strategy Full: the whole model learns, from the inputs. */
record WholeModel<B>(Network<B> model, Objective objective, TimedInputs<B> train, ModelInputs<B> validation)
        implements Learner {
    @Override
    public List<Parameter> state() {
        return Stream.concat(
                        parameters().stream(),
                        model.buffers().entrySet().stream()
                                .map(b -> new Parameter(b.getKey(), b.getValue(), false, false)))
                .toList();
    }

    @Override
    public void ahead(int epoch, List<int[]> steps) {
        train.ahead(epoch, steps);
    }

    @Override
    public void begin(long step, int[] examples) {
        train.begin(step, examples);
    }

    @Override
    public double waited() {
        return train.waited();
    }

    @Override
    public NDArray loss(NDManager scope, int[] examples, double divisor) {
        NDArray logits = model.logits(train.batch(scope, examples), true);
        Optional<Mixed> mixed = train.mixed();
        return mixed.isPresent()
                ? mixed.get().loss(engine(), objective, logits, examples, divisor)
                : objective.loss(logits, examples, divisor);
    }

    @Override
    public NDArray validationOutputs(NDManager scope, int[] examples) {
        return model.logits(validation.batch(scope, examples), false);
    }
}
