package dev.finetune.trainer.training;

import dev.finetune.api.Answer;
import dev.finetune.trainer.model.LoadOptions;
import dev.finetune.trainer.model.Predictor;
import dev.finetune.trainer.model.Problem;
import dev.finetune.trainer.model.SequenceClassifier;
import dev.finetune.trainer.model.TextTokenizer;
import dev.finetune.trainer.transform.TextInput;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** The LinearProbe baseline on raw inputs: the untrained base model below the fitted linear model. */
public final class ProbePredictor implements Predictor {
    private final Probe probe;
    private final SequenceClassifier model;
    private final TextTokenizer tokenizer;

    private ProbePredictor(Probe probe, SequenceClassifier model, TextTokenizer tokenizer) {
        this.probe = probe;
        this.model = model;
        this.tokenizer = tokenizer;
    }

    /** Opens the probe that train left in the folder of the baselines, on the base model's folder. */
    public static ProbePredictor open(Path baselines, Path baseModel) throws IOException {
        Probe probe = ProbeFile.read(baselines);
        SequenceClassifier model = SequenceClassifier.load(
                baseModel, probe.labels(), Problem.of(probe.model().answer()), LoadOptions.seeded(0));
        model.setTrainable(SequenceClassifier.Trainable.NONE);
        return new ProbePredictor(probe, model, TextTokenizer.open(baseModel, probe.maxLength()));
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
    public double[][] scores(List<TextInput> inputs) {
        List<TextInput> clean =
                inputs.stream().map(i -> i.cleaned(probe.preprocessing())).toList();
        return probe.answers(FrozenFeatures.of(model, tokenizer.encode(clean), done -> {}));
    }

    @Override
    public void close() {
        tokenizer.close();
        model.close();
    }
}
