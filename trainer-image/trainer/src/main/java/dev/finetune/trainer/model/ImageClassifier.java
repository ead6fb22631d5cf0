package dev.finetune.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.finetune.api.FailureClass;
import dev.finetune.api.run.StageException;
import dev.finetune.trainer.engine.Parameter;
import dev.finetune.trainer.engine.TorchEngine;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/**
 * An image classifier with the parameters and the head of transformers' {@code ...ForImageClassification}, or, where transformers has
 * no such network, with those of the published weights. Results live in the scope of the batch they are computed from.
 */
abstract class ImageClassifier implements AutoCloseable {
    private final TorchEngine engine;
    private final NDManager scope;
    private final Path folder;
    private final List<String> labels;
    private final ParameterLoader loader;
    private boolean batchStatistics;

    ImageClassifier(Setup setup) {
        this.engine = setup.engine();
        this.scope = setup.scope();
        this.folder = setup.folder();
        this.labels = List.copyOf(setup.labels());
        this.loader = setup.loader();
    }

    /** The head's input {@code [rows, hidden]}; the batch's pixels must stay open. */
    abstract NDArray headInput(PixelBatch batch, Pass pass);

    /** Raw scores {@code [rows, labels]} from the head's input, which gives the scope. */
    abstract NDArray logitsFromHeadInput(NDArray headInput, boolean training);

    /** The edge of the images that it takes, if it takes no other. */
    abstract OptionalInt onlyEdge();

    /** Raw scores, {@code [rows, labels]}. */
    final NDArray logits(PixelBatch batch, boolean training) {
        return logitsFromHeadInput(checkedHeadInput(batch, training), training);
    }

    /** The head's input, no dropout, no graph. */
    final NDArray headInput(PixelBatch batch) {
        return checkedHeadInput(batch, false);
    }

    private NDArray checkedHeadInput(PixelBatch batch, boolean training) {
        long height = batch.pixels().getShape().get(2);
        long width = batch.pixels().getShape().get(3);
        if (onlyEdge().isPresent()
                && (height != onlyEdge().getAsInt() || width != onlyEdge().getAsInt())) {
            throw new StageException(
                    FailureClass.InvalidSpec,
                    "images are prepared as %d x %d pixels and %s takes %d x %d; correct dataset.preprocessing.image"
                            .formatted(
                                    width,
                                    height,
                                    folder,
                                    onlyEdge().getAsInt(),
                                    onlyEdge().getAsInt()));
        }
        return headInput(batch, new Pass(training, training && batchStatistics));
    }

    /** Whether batch norms learn from the batches of training; off, they use what the base learned, as small batches must. */
    final void setBatchStatistics(boolean on) {
        batchStatistics = on;
    }

    /** Whether there is a batch norm at all. */
    final boolean hasBatchNorm() {
        return !loader.buffers().isEmpty();
    }

    /** Every parameter, in the order of the network, under its name in the artefact. */
    final List<Parameter> parameters() {
        return loader.parameters();
    }

    /** Running statistics, which are part of the model and have no gradient. */
    final Map<String, NDArray> buffers() {
        return loader.buffers();
    }

    /** Those that gradients are computed for now. */
    final List<Parameter> trainableParameters() {
        return parameters().stream().filter(Parameter::trainable).toList();
    }

    /** Names of the parameters that the base lacks and that were initialised here. */
    final List<String> newlyInitialised() {
        return loader.initialised();
    }

    /** The labels, in the order of the scores. */
    final List<String> labels() {
        return labels;
    }

    /** The engine that it computes with. */
    final TorchEngine engine() {
        return engine;
    }

    /** The class of transformers that opens it, or the network's own name. */
    abstract String architecture();

    /** The dropouts it was trained with, under config.json's keys. */
    abstract Map<String, Double> dropouts();

    @Override
    public void close() {
        scope.close();
    }

    /** What a constructor of an architecture is given. */
    record Setup(
            TorchEngine engine,
            NDManager scope,
            Path folder,
            ModelConfig config,
            List<String> labels,
            boolean labelsFit,
            LoadOptions options,
            ParameterLoader loader) {}

    /** The head that most networks have: dropout and a linear layer. */
    final NDArray linearHead(NDArray headInput, List<NDArray> head, double dropout, boolean training) {
        return engine.kernels()
                .run(headInput.getManager(), training, "linear_head", headInput, head, training ? dropout : 0.0);
    }

    /** Runs one kernel on an input, in its scope, and frees the input. */
    final NDArray after(NDArray x, Pass pass, String kernel, Object... arguments) {
        Object[] all = new Object[arguments.length + 1];
        all[0] = x;
        System.arraycopy(arguments, 0, all, 1, arguments.length);
        NDArray y = engine.kernels().run(x.getManager(), pass.training(), kernel, all);
        x.close();
        return y;
    }
}
