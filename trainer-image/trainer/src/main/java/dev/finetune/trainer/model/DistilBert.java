package dev.finetune.trainer.model;

import ai.djl.ndarray.NDArray;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;

/**
 * DistilBERT (Sanh et al. 2019): BERT without segments and pooler, and without dropout after the attention's output; the head is a dense
 * layer and ReLU on the first token, dropout and a linear layer; for words the last two alone, with the dropout of the encoder.
 */
final class DistilBert extends SequenceClassifier {
    private static final double EPSILON = 1e-12;

    private final int hidden;
    private final int positions;
    private final int padId;
    private final double dropout;
    private final double attentionDropout;
    private final double classifierDropout;
    private final List<NDArray> embeddings;
    private final EncoderLayers encoder;
    private final List<NDArray> head;

    DistilBert(Setup setup) {
        super(setup);
        ModelConfig config = setup.config();
        ParameterLoader p = setup.loader();
        EncoderLayers.check(config, "dim", "n_heads");
        hidden = config.count("dim");
        int inner = config.count("hidden_dim");
        positions = usablePositions(config);
        padId = config.indexOr("pad_token_id", 0);
        dropout = setup.options().dropout().orElse(config.numberOr("dropout", 0.1));
        attentionDropout = setup.options().dropout().orElse(config.numberOr("attention_dropout", 0.1));
        classifierDropout = setup.options().dropout().orElse(config.numberOr("seq_classif_dropout", 0.2));

        List<NDArray> tables = new ArrayList<>();
        tables.add(p.weight("embeddings.word_embeddings.weight", config.count("vocab_size"), hidden));
        tables.add(p.weight("embeddings.position_embeddings.weight", positions, hidden));
        tables.addAll(p.norm("embeddings.LayerNorm", hidden));
        embeddings = tables;

        List<List<NDArray>> layers = new ArrayList<>();
        for (int i = 0; i < config.count("n_layers"); i++) {
            String layer = "transformer.layer." + i + ".";
            layers.add(EncoderLayers.tensors(
                    p.linear(layer + "attention.q_lin", hidden, hidden),
                    p.linear(layer + "attention.k_lin", hidden, hidden),
                    p.linear(layer + "attention.v_lin", hidden, hidden),
                    p.linear(layer + "attention.out_lin", hidden, hidden),
                    p.norm(layer + "sa_layer_norm", hidden),
                    p.linear(layer + "ffn.lin1", inner, hidden),
                    p.linear(layer + "ffn.lin2", hidden, inner),
                    p.norm(layer + "output_layer_norm", hidden)));
        }
        encoder = new EncoderLayers(
                setup.engine(),
                layers,
                config.count("n_heads"),
                EPSILON,
                EncoderLayers.activation(config, "activation"),
                attentionDropout,
                0.0,
                dropout);

        head = setup.problem().isOfWords()
                ? setup.output("classifier", hidden)
                : EncoderLayers.tensors(
                        p.headLinear("pre_classifier", hidden, hidden),
                        p.outputLinear(
                                "classifier", setup.labelsFit(), setup.labels().size(), hidden));
    }

    @Override
    NDArray hiddenStates(TokenBatch batch, boolean training) {
        NDArray order = batch.longs(LongStream.range(0, batch.length()).toArray(), batch.length());
        NDArray embedded = engine().kernels()
                .run(
                        batch.scope(),
                        training,
                        "embed_untyped",
                        batch.ids(),
                        order,
                        embeddings,
                        EPSILON,
                        training ? dropout : 0.0);
        return encoder.forward(batch, embedded, training);
    }

    @Override
    public NDArray logitsFromHeadInput(NDArray headInput, boolean training) {
        if (problem().isOfWords()) {
            return wordLogits(headInput, head, dropout, training);
        }
        return engine().kernels()
                .run(
                        headInput.getManager(),
                        training,
                        "head",
                        headInput,
                        head,
                        "relu",
                        0.0,
                        training ? classifierDropout : 0.0);
    }

    static int usablePositions(ModelConfig config) {
        return config.count("max_position_embeddings");
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
        return "DistilBert" + head();
    }

    @Override
    Map<String, Double> dropouts() {
        return Map.of(
                "dropout", dropout, "attention_dropout", attentionDropout, "seq_classif_dropout", classifierDropout);
    }
}
