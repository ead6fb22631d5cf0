package dev.finetune.trainer.model;

import ai.djl.ndarray.NDArray;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;

/**
 * ELECTRA (Clark et al. 2020), the discriminator: BERT whose embeddings may be narrower than the encoder, with a linear layer between
 * them; the head is dropout, dense and GELU on the first token, dropout and a linear layer; for words the last two alone.
 */
final class Electra extends SequenceClassifier {
    private final int hidden;
    private final int positions;
    private final int padId;
    private final double epsilon;
    private final double hiddenDropout;
    private final double attentionDropout;
    private final double classifierDropout;
    private final List<NDArray> embeddings;
    private final List<NDArray> projection;
    private final EncoderLayers encoder;
    private final List<NDArray> head;

    Electra(Setup setup) {
        super(setup);
        ModelConfig config = setup.config();
        ParameterLoader p = setup.loader();
        EncoderLayers.check(config, "hidden_size", "num_attention_heads");
        hidden = config.count("hidden_size");
        int width = config.count("embedding_size");
        positions = usablePositions(config);
        padId = config.indexOr("pad_token_id", 0);
        epsilon = config.numberOr("layer_norm_eps", 1e-12);
        hiddenDropout = setup.options().dropout().orElse(config.numberOr("hidden_dropout_prob", 0.1));
        attentionDropout = setup.options().dropout().orElse(config.numberOr("attention_probs_dropout_prob", 0.1));
        classifierDropout = setup.options().dropout().orElse(config.numberOr("classifier_dropout", hiddenDropout));

        embeddings = EncoderLayers.bertEmbeddings(setup, width);
        projection = width == hidden ? List.of() : p.linear("embeddings_project", hidden, width);
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
        NDArray order = batch.longs(LongStream.range(0, batch.length()).toArray(), batch.length());
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
        return encoder.forward(batch, projection.isEmpty() ? embedded : projected(batch, embedded, training), training);
    }

    private NDArray projected(TokenBatch batch, NDArray embedded, boolean training) {
        try (embedded) {
            return engine().kernels().run(batch.scope(), training, "project", embedded, projection);
        }
    }

    @Override
    public NDArray logitsFromHeadInput(NDArray headInput, boolean training) {
        if (problem().isOfWords()) {
            return wordLogits(headInput, head, classifierDropout, training);
        }
        double p = training ? classifierDropout : 0.0;
        return engine().kernels().run(headInput.getManager(), training, "head", headInput, head, "gelu", p, p);
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
        return "Electra" + head();
    }

    @Override
    Map<String, Double> dropouts() {
        return Map.of(
                "hidden_dropout_prob", hiddenDropout,
                "attention_probs_dropout_prob", attentionDropout,
                "classifier_dropout", classifierDropout);
    }
}
