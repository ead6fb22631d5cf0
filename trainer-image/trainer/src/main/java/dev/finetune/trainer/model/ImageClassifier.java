package dev.finetune.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.finetune.api.FailureClass;
import dev.finetune.api.run.StageException;
import dev.finetune.trainer.engine.TorchEngine;
import dev.finetune.trainer.transform.ImageTransform;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/**
 * An image classifier with the parameters and the head of transformers' {@code ...ForImageClassification}, or, where transformers has
 * no such network, with those of the published weights. Results live in the scope of the batch they are computed from.
 */
public abstract class ImageClassifier extends Network<PixelBatch> {
    /** From how many images on a batch is taken for a sample: statistics of fewer say more about these images than about all. */
    public static final int SAMPLE = 8;

    private int batchStatisticsFrom = Integer.MAX_VALUE;

    ImageClassifier(Setup setup) {
        super(new Parts(
                setup.engine(),
                setup.scope(),
                setup.folder(),
                setup.config(),
                setup.labels(),
                Problem.single_label_classification,
                setup.loader()));
    }

    /** Loads a model folder as Hugging Face publishes it, with a score per label. */
    public static ImageClassifier load(Path folder, List<String> labels, LoadOptions options) {
        return ImageArchitectures.load(folder, labels, options);
    }

    /**
     * Whether a model folder can be loaded like that and takes images that are prepared so, from what config.json and the headers of the
     * weights say.
     *
     * @param sizedBy what gives the images their size, for messages
     * @throws StageException with the tensor, both shapes and the file where they do not fit; InvalidSpec for images of another size or
     *     too small ones, and for a dropout in a network that has none
     */
    public static void check(
            Path folder, List<String> labels, LoadOptions options, ImageTransform transform, String sizedBy) {
        try (ImageClassifier model = ImageArchitectures.open(folder, labels, options, true)) {
            transform.outputSize().ifPresent(size -> model.refuseOther(size.height(), size.width(), " by " + sizedBy));
            if (options.dropout().isPresent() && model.dropouts().isEmpty()) {
                throw new StageException(
                        FailureClass.InvalidSpec,
                        "spec.training.hyperparameters.dropout is set, and the network of %s has no dropout: remove it"
                                .formatted(folder));
            }
        }
    }

    /** The head's input {@code [rows, hidden]}; the batch's pixels must stay open. */
    abstract NDArray headInput(PixelBatch batch, Pass pass);

    /** The edge of the images that it takes, if it takes no other. */
    abstract OptionalInt onlyEdge();

    /** The shortest edge of images of which anything is left at the end. */
    int leastEdge() {
        return 1;
    }

    /** Raw scores, {@code [rows, labels]}. */
    @Override
    public final NDArray logits(PixelBatch batch, boolean training) {
        return logitsFromHeadInput(checkedHeadInput(batch, training), training);
    }

    @Override
    public final NDArray headInput(PixelBatch batch) {
        return checkedHeadInput(batch, false);
    }

    private NDArray checkedHeadInput(PixelBatch batch, boolean training) {
        refuseOther(batch.pixels().getShape().get(2), batch.pixels().getShape().get(3), "");
        return headInput(batch, new Pass(training, training && batch.rows() >= batchStatisticsFrom));
    }

    /** libtorch would only say that some kernel is larger than its input. */
    private void refuseOther(long height, long width, String sizedBy) {
        int only = onlyEdge().orElse(0);
        if (only > 0 ? height != only || width != only : Math.min(height, width) < leastEdge()) {
            String edge = String.valueOf(only > 0 ? only : leastEdge());
            throw new StageException(
                    FailureClass.InvalidSpec,
                    "images are prepared as %d x %d pixels%s, and %s takes %s%s x %s; correct spec.dataset.preprocessing.image"
                            .formatted(
                                    width, height, sizedBy, folder().base(), only > 0 ? "" : "at least ", edge, edge));
        }
    }

    @Override
    public Map<Pooling, NDArray> features(PixelBatch batch) {
        return Map.of(pooling(), headInput(batch));
    }

    @Override
    public Pooling pooling() {
        return Pooling.Mean;
    }

    /** Whether batch norms learn from the batches of training; off, they use what the base learned. */
    final void setBatchStatistics(boolean on) {
        batchStatisticsFrom = on ? 1 : Integer.MAX_VALUE;
    }

    /** Batch norms learn from those batches of training that are a {@link #SAMPLE}, and in others use what they learned so far. */
    public final void learnBatchStatistics() {
        batchStatisticsFrom = SAMPLE;
    }

    /** Whether there is a batch norm at all. */
    public final boolean hasBatchNorm() {
        return !buffers().isEmpty();
    }

    /** Writes model.safetensors, config.json and preprocessor_config.json so that {@code from_pretrained} opens the folder. */
    public final void save(Path target, ImageTransform transform) throws IOException {
        folder().save(target, this, transform);
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
        return engine().kernels()
                .run(headInput.getManager(), training, "linear_head", headInput, head, training ? dropout : 0.0);
    }

    /** Runs one kernel on an input, in its scope, and frees the input. */
    final NDArray after(NDArray x, Pass pass, String kernel, Object... arguments) {
        Object[] all = new Object[arguments.length + 1];
        all[0] = x;
        System.arraycopy(arguments, 0, all, 1, arguments.length);
        NDArray y = engine().kernels().run(x.getManager(), pass.training(), kernel, all);
        x.close();
        return y;
    }
}
