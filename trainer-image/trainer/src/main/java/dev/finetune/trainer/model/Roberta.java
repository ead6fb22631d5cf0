package dev.finetune.trainer.model;

import ai.djl.ndarray.NDArray;
import java.util.List;
import java.util.Map;

/**
 * RoBERTa (Liu et al. 2019) and XLM-RoBERTa: BERT whose positions count from {@code pad_token_id + 1} over the tokens that aren't padding;
 * the head is dropout, dense and tanh on the first token, dropout and a linear layer; for words the last two alone.
 */
final class Roberta extends SequenceClassifier {
    private final String family;
    private final int hidden;
    private final int positions;
    private final int padId;
    private final double epsilon;
    private final double hiddenDropout;
    private final double attentionDropout;
    private final double classifierDropout;
    private final List<NDArray> embeddings;
    private final EncoderLayers encoder;
    private final List<NDArray> head;

    Roberta(Setup setup, String family) {
        super(setup);
        ModelConfig config = setup.config();
        ParameterLoader p = setup.loader();
        EncoderLayers.check(config, "hidden_size", "num_attention_heads");
        this.family = family;
        hidden = config.count("hidden_size");
        positions = usablePositions(config);
        padId = config.indexOr("pad_token_id", 1);
        epsilon = config.numberOr("layer_norm_eps", 1e-12);
        hiddenDropout = setup.options().dropout().orElse(config.numberOr("hidden_dropout_prob", 0.1));
        attentionDropout = setup.options().dropout().orElse(config.numberOr("attention_probs_dropout_prob", 0.1));
        classifierDropout = setup.options().dropout().orElse(config.numberOr("classifier_dropout", hiddenDropout));

        embeddings = EncoderLayers.bertEmbeddings(setup, hidden);
        encoder = EncoderLayers.bert(setup, hiddenDropout, attentionDropout);
        head = setup.problem().isOfWords()
                ? setup.output("classifier", hidden)
                : EncoderLayers.tensors(
                        p.headLinear("classifier.dense", hidden, hidden),
                        p.outputLinear(
                                "classifier.out_proj",
                                setup.labelsFit(),
                                setup.labels().size(),
                                hidden));
    }

    @Override
    NDArray hiddenStates(TokenBatch batch, boolean training) {
        NDArray order = batch.longs(
                positionIds(batch.ids().toLongArray(), batch.rows(), batch.length()), batch.rows(), batch.length());
        NDArray embedded = engine().kernels()
                .run(
                        batch.scope(),
                        training,
                        "embed",
                        batch.ids(),
                        batch.types(),
                        order,
                        embeddings,
                        epsilon,
                        training ? hiddenDropout : 0.0);
        return encoder.forward(batch, embedded, training);
    }

    /** Padding stays at the padding index; every other token counts up from the one after it. */
    private long[] positionIds(long[] ids, int rows, int length) {
        long[] order = new long[ids.length];
        for (int row = 0; row < rows; row++) {
            long next = padId + 1;
            for (int i = row * length; i < (row + 1) * length; i++) {
                order[i] = ids[i] == padId ? padId : next++;
            }
        }
        return order;
    }

    @Override
    public NDArray logitsFromHeadInput(NDArray headInput, boolean training) {
        if (problem().isOfWords()) {
            return wordLogits(headInput, head, classifierDropout, training);
        }
        double p = training ? classifierDropout : 0.0;
        return engine().kernels().run(headInput.getManager(), training, "head", headInput, head, "tanh", p, p);
    }

    static int usablePositions(ModelConfig config) {
        return config.count("max_position_embeddings") - config.indexOr("pad_token_id", 1) - 1;
    }

    @Override
    public int usablePositions() {
        return positions;
    }

    @Override
    public int padId() {
        return padId;
    }

    @Override
    public int hiddenSize() {
        return hidden;
    }

    @Override
    String architecture() {
        return family + head();
    }

    @Override
    Map<String, Double> dropouts() {
        return Map.of(
                "hidden_dropout_prob", hiddenDropout,
                "attention_probs_dropout_prob", attentionDropout,
                "classifier_dropout", classifierDropout);
    }
}
