package dev.finetune.trainer.engine;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.finetune.api.Optimizer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One update of the weights by AdamW (beta 0.9 and 0.999, eps 1e-8, decoupled decay), Adam (the same with coupled L2) or SGD (momentum
 * 0.9, coupled L2), each in libtorch's fused form. Every parameter counts its own steps, so one that is unfrozen late is corrected for
 * bias like any other. Moments come into being with a parameter's first update.
 */
public final class OptimizerStep implements AutoCloseable {
    private static final String FIRST = "first_moment/";
    private static final String SECOND = "second_moment/";
    private static final String STEP = "step/";

    private record State(NDArray first, @Nullable NDArray second, NDArray step) {}

    private final TorchEngine engine;
    private final Optimizer kind;
    private final double weightDecay;
    private final NDManager scope;
    private final Map<String, State> states = new LinkedHashMap<>();

    /** An optimizer that has not seen a gradient yet. */
    public OptimizerStep(TorchEngine engine, Optimizer kind, double weightDecay) {
        this.engine = engine;
        this.kind = kind;
        this.weightDecay = weightDecay;
        this.scope = engine.newScope();
    }

    /** Updates the gradients' parameters in place. */
    public void apply(Gradients gradients, double learningRate) {
        update(gradients, learningRate, true, weightDecay);
        update(gradients, learningRate, false, 0.0);
    }

    private void update(Gradients gradients, double learningRate, boolean decays, double decay) {
        Columns c = new Columns();
        for (int i = 0; i < gradients.parameters().size(); i++) {
            Parameter parameter = gradients.parameters().get(i);
            if (parameter.decay() == decays) {
                c.add(
                        parameter,
                        gradients.arrays().get(i),
                        states.computeIfAbsent(parameter.name(), n -> fresh(parameter)));
            }
        }
        if (c.weights.isEmpty()) {
            return;
        }
        switch (kind) {
            case AdamW ->
                engine.kernels()
                        .apply("adamw", c.weights, c.gradients, c.first, c.second, c.steps, learningRate, decay);
            case Adam ->
                engine.kernels().apply("adam", c.weights, c.gradients, c.first, c.second, c.steps, learningRate, decay);
            case SGD -> engine.kernels().apply("sgd", c.weights, c.gradients, c.first, c.steps, learningRate, decay);
        }
    }

    /** What the fused kernels take: one list per role, in one order. */
    private static final class Columns {
        final List<NDArray> weights = new ArrayList<>();
        final List<NDArray> gradients = new ArrayList<>();
        final List<NDArray> first = new ArrayList<>();
        final List<NDArray> second = new ArrayList<>();
        final List<NDArray> steps = new ArrayList<>();

        void add(Parameter parameter, NDArray gradient, State state) {
            weights.add(parameter.array());
            gradients.add(gradient);
            first.add(state.first);
            if (state.second != null) {
                second.add(state.second);
            }
            steps.add(state.step);
        }
    }

    private State fresh(Parameter parameter) {
        Shape shape = parameter.array().getShape();
        return new State(
                scope.zeros(shape, DataType.FLOAT32),
                kind == Optimizer.SGD ? null : scope.zeros(shape, DataType.FLOAT32),
                scope.zeros(new Shape(), DataType.FLOAT32));
    }

    /** The moments and step counts by name, for a checkpoint: the live tensors, valid until the next update. */
    public SortedMap<String, NDArray> state() {
        SortedMap<String, NDArray> all = new TreeMap<>();
        states.forEach((name, state) -> {
            all.put(FIRST + name, state.first);
            if (state.second != null) {
                all.put(SECOND + name, state.second);
            }
            all.put(STEP + name, state.step);
        });
        return all;
    }

    /** Takes the moments and step counts of those parameters out of a checkpoint that {@link #state()} was written to. */
    public void restore(Weights checkpoint, List<Parameter> parameters) {
        for (Parameter parameter : parameters) {
            if (checkpoint.names().contains(STEP + parameter.name())) {
                State state = new State(
                        checkpoint.load(scope, FIRST + parameter.name()),
                        kind == Optimizer.SGD ? null : checkpoint.load(scope, SECOND + parameter.name()),
                        checkpoint.load(scope, STEP + parameter.name()));
                states.put(parameter.name(), state);
            }
        }
    }

    @Override
    public void close() {
        scope.close();
    }
}
