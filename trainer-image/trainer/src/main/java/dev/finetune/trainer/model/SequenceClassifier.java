package dev.finetune.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.finetune.api.FailureClass;
import dev.finetune.api.run.StageException;
import dev.finetune.trainer.engine.TorchEngine;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A model that scores texts, with the parameters and the head of transformers' {@code ...ForSequenceClassification}, or their words, with those of
 * {@code ...ForTokenClassification}: then whatever is said here to be a row of the head's input or of the scores is that of a word, at its first token,
 * in the order of the batch, instead of that of a text. Results live in the scope of
 * the batch they are computed from. {@code training} means: dropout on, and gradients recorded for what is trainable.
 */
public abstract class SequenceClassifier extends Network<TokenBatch> {
    SequenceClassifier(Setup setup) {
        super(new Parts(
                setup.engine(),
                setup.scope(),
                setup.folder(),
                setup.config(),
                setup.labels(),
                setup.problem(),
                setup.loader()));
    }

    /** The last hidden state at the first token and its mean over the text's tokens, each {@code [rows, hidden]}. */
    public record Features(NDArray firstToken, NDArray mean) {}

    /** Loads a model folder as Hugging Face publishes it, with a score per label. */
    public static SequenceClassifier load(Path folder, List<String> labels, LoadOptions options) {
        return load(folder, labels, Problem.single_label_classification, options);
    }

    /** The same with outputs that mean something else: one of them for a number. */
    public static SequenceClassifier load(Path folder, List<String> labels, Problem problem, LoadOptions options) {
        return Architectures.load(folder, labels, problem, options);
    }

    /**
     * Whether a model folder can be loaded like that, from what config.json and the headers of the weights say.
     *
     * @throws dev.finetune.api.run.StageException with the tensor, both shapes and the file where they do not fit
     */
    public static void check(Path folder, List<String> labels, Problem problem) {
        Architectures.check(folder, labels, problem);
    }

    /** The last hidden states, {@code [rows, length, hidden]}. */
    abstract NDArray hiddenStates(TokenBatch batch, boolean training);

    /** Raw scores, {@code [rows, labels]}. */
    @Override
    public final NDArray logits(TokenBatch batch, boolean training) {
        return logitsFromHeadInput(headInput(batch, training), training);
    }

    /** The backbone's last hidden state where the head looks, {@code [rows, hidden]}. */
    @Override
    public final NDArray headInput(TokenBatch batch) {
        return headInput(batch, false);
    }

    /** libtorch would only say that an index is out of range. */
    private NDArray checkedHiddenStates(TokenBatch batch, boolean training) {
        if (batch.length() > usablePositions()) {
            throw new StageException(
                    FailureClass.InvalidSpec,
                    "a text has %d tokens and %s has %d positions; set dataset.preprocessing.text.maxLength to %d or less"
                            .formatted(batch.length(), folder().base(), usablePositions(), usablePositions()));
        }
        long vocabulary = parameters().getFirst().array().getShape().get(0);
        if (batch.largestId() >= vocabulary) {
            throw new StageException(
                    FailureClass.InvalidData,
                    "%s: the tokenizer gives the token id %d and the embeddings have %d rows; tokenizer.json and weights are not of the same model"
                            .formatted(folder().base(), batch.largestId(), vocabulary));
        }
        return hiddenStates(batch, training);
    }

    private NDArray headInput(TokenBatch batch, boolean training) {
        NDArray hidden = checkedHiddenStates(batch, training);
        if (problem().isOfWords()) {
            NDArray places = batch.longs(batch.words(), batch.words().length);
            return engine().kernels().run(batch.scope(), training, "words", hidden, places);
        }
        return switch (pooling()) {
            case FirstToken -> engine().kernels().run(batch.scope(), training, "first_token", hidden);
            case Mean -> engine().kernels().run(batch.scope(), training, "masked_mean", hidden, batch.mask());
        };
    }

    /** Features for a probe; no dropout, no graph. */
    public final Features pooledFeatures(TokenBatch batch) {
        NDArray hidden = checkedHiddenStates(batch, false);
        return new Features(
                engine().kernels().run(batch.scope(), false, "first_token", hidden),
                engine().kernels().run(batch.scope(), false, "masked_mean", hidden, batch.mask()));
    }

    @Override
    public final Map<Pooling, NDArray> features(TokenBatch batch) {
        Features features = pooledFeatures(batch);
        return Map.of(Pooling.FirstToken, features.firstToken(), Pooling.Mean, features.mean());
    }

    /** The id that fills a row up. */
    public abstract int padId();

    /** The longest text that the positions allow, in tokens. */
    public abstract int usablePositions();

    /** The size of the hidden states. */
    public abstract int hiddenSize();

    /**
     * Writes model.safetensors, config.json and the tokenizer's files so that {@code from_pretrained} opens the folder with nothing
     * missing or unexpected. {@code maxLength} becomes the tokenizer's model_max_length.
     */
    public final void save(Path target, int maxLength) throws IOException {
        folder().save(target, this, maxLength);
    }

    /** The end of that class's name. */
    final String head() {
        return problem().isOfWords() ? "ForTokenClassification" : "ForSequenceClassification";
    }

    /** The head for words that the BERT family shares: dropout and a linear layer. */
    final NDArray wordLogits(NDArray headInput, List<NDArray> head, double dropout, boolean training) {
        return engine().kernels()
                .run(headInput.getManager(), training, "linear_head", headInput, head, training ? dropout : 0.0);
    }

    /** What a constructor of an architecture is given. */
    record Setup(
            TorchEngine engine,
            NDManager scope,
            Path folder,
            ModelConfig config,
            List<String> labels,
            boolean labelsFit,
            Problem problem,
            LoadOptions options,
            ParameterLoader loader) {
        /** The output layer, from hidden states of that size. */
        List<NDArray> output(String name, int hidden) {
            return loader.outputLinear(name, labelsFit, labels.size(), hidden);
        }
    }
}
