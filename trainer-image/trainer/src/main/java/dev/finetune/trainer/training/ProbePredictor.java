package dev.finetune.trainer.training;

import dev.finetune.api.Answer;
import dev.finetune.trainer.model.ImageClassifier;
import dev.finetune.trainer.model.LoadOptions;
import dev.finetune.trainer.model.Network;
import dev.finetune.trainer.model.Predictor;
import dev.finetune.trainer.model.Problem;
import dev.finetune.trainer.model.SequenceClassifier;
import dev.finetune.trainer.model.TextTokenizer;
import dev.finetune.trainer.transform.Augmentations;
import dev.finetune.trainer.transform.ImageInput;
import dev.finetune.trainer.transform.ImageTransform;
import dev.finetune.trainer.transform.Input;
import dev.finetune.trainer.transform.TextInput;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;

/** The LinearProbe baseline on raw inputs: the untrained base model below the fitted linear model. */
public final class ProbePredictor implements Predictor {
    private final Probe probe;
    private final Function<List<? extends Input>, FrozenFeatures> features;
    private final List<AutoCloseable> opened;

    private ProbePredictor(
            Probe probe, Function<List<? extends Input>, FrozenFeatures> features, List<AutoCloseable> opened) {
        this.probe = probe;
        this.features = features;
        this.opened = opened;
    }

    /** Opens the probe that train left in the folder of the baselines, on the base model's folder. */
    public static ProbePredictor open(Path baselines, Path baseModel) throws IOException {
        Probe probe = ProbeFile.read(baselines);
        SequenceClassifier model = SequenceClassifier.load(
                baseModel, probe.labels(), Problem.of(probe.model().answer()), LoadOptions.seeded(0));
        model.setTrainable(SequenceClassifier.Trainable.NONE);
        TextTokenizer tokenizer = TextTokenizer.open(baseModel, probe.maxLength());
        return new ProbePredictor(
                probe,
                inputs -> {
                    List<TextInput> clean = inputs.stream()
                            .map(i -> i.texts().cleaned(probe.preprocessing()))
                            .toList();
                    return FrozenFeatures.of(
                            model, EncodedExamples.of(tokenizer.encode(clean), model.padId()), done -> {});
                },
                List.of(tokenizer, model));
    }

    /** The same on images, which are prepared that way. */
    public static ProbePredictor open(Path baselines, Path baseModel, ImageTransform transform) throws IOException {
        Probe probe = ProbeFile.read(baselines);
        ImageClassifier model = ImageClassifier.load(baseModel, probe.labels(), LoadOptions.seeded(0));
        model.setTrainable(Network.Trainable.NONE);
        Augmentations none = new Augmentations(List.of(), transform, 0);
        return new ProbePredictor(
                probe,
                inputs -> {
                    List<ImageInput> images =
                            inputs.stream().map(ImageInput.class::cast).toList();
                    try (ImageExamples examples = new ImageExamples(
                            images,
                            Collections.nCopies(images.size(), "an image"),
                            none,
                            model.engine().threads())) {
                        return FrozenFeatures.of(model, examples, done -> {});
                    }
                },
                List.of(model));
    }

    @Override
    public List<String> labels() {
        return probe.labels();
    }

    @Override
    public Answer answer() {
        return probe.model().answer();
    }

    @Override
    public double threshold() {
        return probe.threshold();
    }

    @Override
    public double[][] scores(List<? extends Input> inputs) {
        return probe.answers(features.apply(inputs));
    }

    @Override
    public void close() {
        for (AutoCloseable each : opened) {
            try {
                each.close();
            } catch (Exception e) {
                throw new IllegalStateException("cannot close the probe", e);
            }
        }
    }
}
