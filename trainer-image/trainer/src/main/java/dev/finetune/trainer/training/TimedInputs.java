package dev.finetune.trainer.training;

import ai.djl.ndarray.NDManager;
import java.util.List;
import java.util.Optional;

/** Training inputs that know how long their batches had to be waited for: until images were decoded and the values of all laid out. */
final class TimedInputs<B> implements ModelInputs<B> {
    private final ModelInputs<B> inputs;
    private long nanos;

    TimedInputs(ModelInputs<B> inputs) {
        this.inputs = inputs;
    }

    @Override
    public List<String> ids() {
        return inputs.ids();
    }

    @Override
    public int[] lengths() {
        return inputs.lengths();
    }

    @Override
    public B batch(NDManager scope, int[] examples) {
        long start = System.nanoTime();
        B batch = inputs.batch(scope, examples);
        nanos += System.nanoTime() - start;
        return batch;
    }

    @Override
    public void ahead(int epoch, List<int[]> batches) {
        inputs.ahead(epoch, batches);
    }

    @Override
    public void begin(long step, int[] examples) {
        inputs.begin(step, examples);
    }

    @Override
    public Optional<Mixed> mixed() {
        return inputs.mixed();
    }

    /** Seconds that batches had to be waited for, since this was asked last. */
    double waited() {
        double seconds = nanos / 1e9;
        nanos = 0;
        return seconds;
    }
}
