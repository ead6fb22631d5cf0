package dev.finetune.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.finetune.trainer.engine.Parameter;
import dev.finetune.trainer.engine.TorchEngine;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A backbone with a head, whatever it looks at, as training and the probe see it: batches of type {@code B} in, raw scores out.
 * {@code training} means: dropout on, and gradients recorded for what is trainable. Results live in the scope of the batch they are
 * computed from.
 */
public abstract class Network<B> implements AutoCloseable {
    private final TorchEngine engine;
    private final NDManager scope;
    private final ModelConfig config;
    private final Path folder;
    private final List<String> labels;
    private final Problem problem;
    private final ParameterLoader loader;

    Network(Parts parts) {
        this.engine = parts.engine();
        this.scope = parts.scope();
        this.config = parts.config();
        this.folder = parts.folder();
        this.labels = List.copyOf(parts.labels());
        this.problem = parts.problem();
        this.loader = parts.loader();
    }

    /** What every network is made of. */
    record Parts(
            TorchEngine engine,
            NDManager scope,
            Path folder,
            ModelConfig config,
            List<String> labels,
            Problem problem,
            ParameterLoader loader) {}

    /** What of a model learns. */
    public enum Trainable {
        /** Every parameter. */
        ALL,
        /** The head alone. */
        HEAD,
        /** Nothing: for inference. */
        NONE
    }

    /** Raw scores, {@code [rows, labels]}. */
    public abstract NDArray logits(B batch, boolean training);

    /** What the head takes, in the scope of the batch; no dropout, no graph. */
    public abstract NDArray headInput(B batch);

    /** Raw scores {@code [rows, labels]} from the head's input, which gives the scope. */
    public abstract NDArray logitsFromHeadInput(NDArray headInput, boolean training);

    /** What a probe may use, each {@code [rows, hidden]}; no dropout, no graph. */
    public abstract Map<Pooling, NDArray> features(B batch);

    /** Which of the features the head takes. */
    public Pooling pooling() {
        return Pooling.FirstToken;
    }

    /** Whether one of the features is all that the head takes, so that it can learn from features computed once. */
    public boolean headTakesFeatures() {
        return true;
    }

    /** Every parameter, in the order of the network, under its name in the artefact. */
    public final List<Parameter> parameters() {
        return loader.parameters();
    }

    /** Running statistics by name, which are part of the model and have no gradient. */
    public final Map<String, NDArray> buffers() {
        return loader.buffers();
    }

    /** Those that gradients are computed for now. */
    public final List<Parameter> trainableParameters() {
        return parameters().stream().filter(Parameter::trainable).toList();
    }

    /** Names of the parameters that the base lacks and that were initialised here. */
    public final List<String> newlyInitialised() {
        return loader.initialised();
    }

    /** Chooses what learns. */
    public final void setTrainable(Trainable what) {
        parameters().forEach(p -> p.setTrainable(what == Trainable.ALL || (what == Trainable.HEAD && p.head())));
    }

    /** The labels, in the order of the scores. */
    public final List<String> labels() {
        return labels;
    }

    /** What its outputs mean. */
    public final Problem problem() {
        return problem;
    }

    /** The engine that it computes with. */
    public final TorchEngine engine() {
        return engine;
    }

    /** The folder that it was loaded from, and how a folder like it is written. */
    final ModelFolder folder() {
        return new ModelFolder(folder, config);
    }

    /** The class of transformers that opens it, or the network's own name where transformers has none. */
    abstract String architecture();

    /** The dropouts it was trained with, under config.json's keys. */
    abstract Map<String, Double> dropouts();

    @Override
    public void close() {
        scope.close();
    }
}
