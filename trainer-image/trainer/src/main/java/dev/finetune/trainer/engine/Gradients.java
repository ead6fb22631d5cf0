package dev.finetune.trainer.engine;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.List;

/** The gradients of a loss for some parameters, in their order. They live in a scope of their own until {@link #close()}. */
public final class Gradients implements AutoCloseable {
    private final TorchEngine engine;
    private final NDManager scope;
    private final List<Parameter> parameters;
    private final List<NDArray> arrays;

    private Gradients(TorchEngine engine, NDManager scope, List<Parameter> parameters, List<NDArray> arrays) {
        this.engine = engine;
        this.scope = scope;
        this.parameters = parameters;
        this.arrays = arrays;
    }

    /** Runs the loss (a scalar, recorded) backwards. Its graph is gone afterwards. */
    public static Gradients of(TorchEngine engine, NDArray loss, List<Parameter> parameters) {
        NDManager scope = engine.newScope();
        List<NDArray> tensors = parameters.stream().map(Parameter::array).toList();
        return new Gradients(
                engine, scope, List.copyOf(parameters), engine.kernels().runForList(scope, "gradients", loss, tensors));
    }

    /** The parameters, in the order of {@link #arrays()}. */
    public List<Parameter> parameters() {
        return parameters;
    }

    /** The gradients. */
    public List<NDArray> arrays() {
        return arrays;
    }

    /** Adds those of a further micro-batch, for the same parameters. */
    public void add(Gradients more) {
        engine.kernels().apply("accumulate", arrays, more.arrays);
    }

    /** The Euclidean norm over all gradients together; NaN or infinite if any value is. */
    public double globalNorm() {
        try (NDArray norm = engine.kernels().run(scope, false, "norm", arrays)) {
            return norm.getFloat();
        }
    }

    /** Scales by {@code min(1, maxNorm / (norm + 1e-6))} and gives the norm from before. */
    public double clip(double maxNorm) {
        double norm = globalNorm();
        double factor = maxNorm / (norm + 1e-6);
        if (factor < 1) {
            engine.kernels().apply("scale", arrays, factor);
        }
        return norm;
    }

    @Override
    public void close() {
        scope.close();
    }
}
