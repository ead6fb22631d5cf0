package dev.finetune.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.finetune.api.FailureClass;
import dev.finetune.api.run.StageException;
import dev.finetune.trainer.dataset.image.UnreadableImageException;
import dev.finetune.trainer.transform.FittedImage;
import dev.finetune.trainer.transform.ImageTransform;
import dev.finetune.trainer.transform.Input;
import dev.finetune.trainer.transform.Pixels;
import java.nio.file.Path;
import java.util.List;

/**
 * A fine-tuned model that scores images: decoded and prepared as in training, on all CPUs, in float32 and without a graph on whatever
 * thread calls. An image that cannot be decoded ends the call with InvalidData.
 */
public final class ImagePredictor implements Predictor {
    private static final int BATCH = 32;

    private final ImageClassifier model;
    private final ImageTransform transform;

    private ImagePredictor(ImageClassifier model, ImageTransform transform) {
        this.model = model;
        this.transform = transform;
    }

    /** A published artefact, or a candidate before it is one. */
    public static ImagePredictor open(Path folder) {
        return open(folder, ImagePreparation.read(folder));
    }

    /** A model folder whose config.json names its labels and whose weights hold its head, with images prepared that way. */
    public static ImagePredictor open(Path folder, ImageTransform transform) {
        List<String> labels = ModelConfig.read(folder)
                .labels()
                .orElseThrow(() -> new StageException(
                        FailureClass.InvalidData,
                        "%s/config.json names no labels (id2label); it is not a classifier".formatted(folder)));
        ImageClassifier model = ImageClassifier.load(folder, labels, LoadOptions.seeded(0));
        if (!model.newlyInitialised().isEmpty()) {
            List<String> missing = model.newlyInitialised();
            model.close();
            throw new StageException(
                    FailureClass.InvalidData,
                    "%s lacks %s: it was not trained as a classifier".formatted(folder, missing));
        }
        model.setTrainable(Network.Trainable.NONE);
        return new ImagePredictor(model, transform);
    }

    @Override
    public List<String> labels() {
        return model.labels();
    }

    @Override
    public Input prepared(Input input) throws UnreadableImageException {
        return new FittedImage(ImagePreparation.fit(input, transform));
    }

    @Override
    public double[][] scores(List<? extends Input> inputs) {
        double[][] scores = new double[inputs.size()][];
        for (int from = 0; from < scores.length; from += BATCH) {
            List<Pixels> fitted = inputs.subList(from, Math.min(scores.length, from + BATCH)).parallelStream()
                    .map(this::fit)
                    .toList();
            try (NDManager scope = model.engine().newScope()) {
                NDArray logits = model.logits(PixelBatch.of(scope, fitted, transform), false);
                double[] flat = model.engine()
                        .kernels()
                        .run(scope, false, "softmax", logits)
                        .toDoubleArray();
                int classes = labels().size();
                for (int i = 0; i < fitted.size(); i++) {
                    scores[from + i] = java.util.Arrays.copyOfRange(flat, i * classes, (i + 1) * classes);
                }
            }
        }
        return scores;
    }

    private Pixels fit(Input input) {
        try {
            return ImagePreparation.fit(input, transform);
        } catch (UnreadableImageException e) {
            throw new StageException(FailureClass.InvalidData, "an image cannot be used: " + e.getMessage(), e);
        }
    }

    @Override
    public void close() {
        model.close();
    }
}
