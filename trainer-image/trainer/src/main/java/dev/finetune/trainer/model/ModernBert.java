package dev.finetune.trainer.model;

import ai.djl.ndarray.NDArray;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * ModernBERT (Warner et al. 2024): word embeddings without positions, pre-norm encoder whose attention turns queries and keys by their
 * position (rotary, Su et al. 2021) and whose perceptron is gated (GeGLU, Shazeer 2020). Every n-th layer from the first attends to the
 * whole text, the others to {@code local_attention / 2} tokens on either side. The head is dense, activation and norm on the first token
 * or the mean of all, dropout and a linear layer; for words it is the same on each.
 */
final class ModernBert extends SequenceClassifier {
    private final int hidden;
    private final int positions;
    private final int padId;
    private final int heads;
    private final int globalEvery;
    private final int reach;
    private final double globalTheta;
    private final double localTheta;
    private final double epsilon;
    private final String activation;
    private final String headActivation;
    private final Pooling pooling;
    private final double embeddingDropout;
    private final double attentionDropout;
    private final double mlpDropout;
    private final double classifierDropout;
    private final List<NDArray> embeddings;
    private final List<List<NDArray>> layers = new ArrayList<>();
    private final List<NDArray> finalNorm;
    private final List<NDArray> head;

    ModernBert(Setup setup) {
        super(setup);
        ModelConfig config = setup.config();
        ParameterLoader p = setup.loader();
        check(config);
        hidden = config.count("hidden_size");
        heads = config.count("num_attention_heads");
        int inner = config.count("intermediate_size");
        positions = usablePositions(config);
        padId = config.indexOr("pad_token_id", 50283);
        globalEvery = config.countOr("global_attn_every_n_layers", 3);
        reach = config.countOr("local_attention", 128) / 2;
        globalTheta = config.numberOr("global_rope_theta", 160_000);
        // null is not absent here: it means that all layers turn alike
        localTheta = config.numberOr(
                "local_rope_theta", config.json().path("local_rope_theta").isNull() ? globalTheta : 10_000);
        epsilon = config.numberOr("norm_eps", 1e-5);
        activation = EncoderLayers.activation(config, "hidden_activation");
        headActivation = EncoderLayers.activation(config, "classifier_activation");
        pooling = pooling(config);
        embeddingDropout = setup.options().dropout().orElse(config.numberOr("embedding_dropout", 0));
        attentionDropout = setup.options().dropout().orElse(config.numberOr("attention_dropout", 0));
        mlpDropout = setup.options().dropout().orElse(config.numberOr("mlp_dropout", 0));
        classifierDropout = setup.options().dropout().orElse(config.numberOr("classifier_dropout", 0));

        boolean normBias = config.flagOr("norm_bias", false);
        boolean attentionBias = config.flagOr("attention_bias", false);
        boolean mlpBias = config.flagOr("mlp_bias", false);
        embeddings = EncoderLayers.tensors(
                List.of(p.weight("embeddings.tok_embeddings.weight", config.count("vocab_size"), hidden)),
                p.norm("embeddings.norm", hidden, normBias));
        for (int i = 0; i < config.count("num_hidden_layers"); i++) {
            String layer = "layers." + i + ".";
            layers.add(EncoderLayers.tensors(
                    // the embeddings' norm serves the first layer
                    i == 0
                            ? List.of(p.constant(1, hidden), p.constant(0, hidden))
                            : p.norm(layer + "attn_norm", hidden, normBias),
                    p.linear(layer + "attn.Wqkv", 3 * hidden, hidden, attentionBias),
                    p.linear(layer + "attn.Wo", hidden, hidden, attentionBias),
                    p.norm(layer + "mlp_norm", hidden, normBias),
                    p.linear(layer + "mlp.Wi", 2 * inner, hidden, mlpBias),
                    p.linear(layer + "mlp.Wo", hidden, inner, mlpBias)));
        }
        finalNorm = p.norm("final_norm", hidden, normBias);
        head = EncoderLayers.tensors(
                p.headLinear("head.dense", hidden, hidden, config.flagOr("classifier_bias", false)),
                p.headNorm("head.norm", hidden, normBias),
                p.outputLinear("classifier", setup.labelsFit(), setup.labels().size(), hidden));
    }

    /** Refuses what would otherwise be computed wrongly without a word. */
    private static void check(ModelConfig config) {
        EncoderLayers.check(config, "hidden_size", "num_attention_heads");
        if (config.count("hidden_size") / config.count("num_attention_heads") % 2 != 0) {
            throw config.invalid("num_attention_heads", "a number that leaves every head an even size");
        }
        for (String later : List.of("rope_scaling", "rope_parameters", "layer_types")) {
            if (config.json().hasNonNull(later)) {
                throw config.invalid(
                        later,
                        "absent, as this version reads global_rope_theta, local_rope_theta and global_attn_every_n_layers");
            }
        }
    }

    private static Pooling pooling(ModelConfig config) {
        return switch (config.textOr("classifier_pooling", "cls")) {
            case "cls" -> Pooling.FirstToken;
            case "mean" -> Pooling.Mean;
            default -> throw config.invalid("classifier_pooling", "cls or mean");
        };
    }

    @Override
    NDArray hiddenStates(TokenBatch batch, boolean training) {
        NDArray whole = engine().kernels().run(batch.scope(), false, "attention_mask", batch.mask());
        NDArray window = engine().kernels().run(batch.scope(), false, "window_mask", batch.mask(), reach);
        NDArray globalTurns = turns(batch, globalTheta);
        NDArray localTurns = turns(batch, localTheta);
        NDArray x = engine().kernels()
                .run(
                        batch.scope(),
                        training,
                        "embed_normed",
                        batch.ids(),
                        embeddings,
                        epsilon,
                        training ? embeddingDropout : 0.0);
        for (int i = 0; i < layers.size(); i++) {
            boolean global = i % globalEvery == 0;
            x = after(
                    x,
                    batch,
                    training,
                    "rotary_layer",
                    global ? whole : window,
                    global ? globalTurns : localTurns,
                    layers.get(i),
                    heads,
                    epsilon,
                    activation,
                    i == 0 ? 0 : 1,
                    training ? attentionDropout : 0.0,
                    training ? mlpDropout : 0.0);
        }
        return after(x, batch, training, "layer_norm", finalNorm, epsilon);
    }

    /** Cosine and sine of every position's angles, {@code [2, length, size of a head]}. */
    private NDArray turns(TokenBatch batch, double theta) {
        return engine().kernels().run(batch.scope(), false, "rotary", batch.length(), hidden / heads, theta);
    }

    private NDArray after(NDArray x, TokenBatch batch, boolean training, String kernel, Object... more) {
        Object[] arguments = new Object[more.length + 1];
        arguments[0] = x;
        System.arraycopy(more, 0, arguments, 1, more.length);
        try (x) {
            return engine().kernels().run(batch.scope(), training, kernel, arguments);
        }
    }

    @Override
    public NDArray logitsFromHeadInput(NDArray headInput, boolean training) {
        return engine().kernels()
                .run(
                        headInput.getManager(),
                        training,
                        "normed_head",
                        headInput,
                        head,
                        headActivation,
                        epsilon,
                        training ? classifierDropout : 0.0);
    }

    @Override
    public Pooling pooling() {
        return pooling;
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
        return "ModernBert" + head();
    }

    @Override
    Map<String, Double> dropouts() {
        return Map.of(
                "embedding_dropout", embeddingDropout,
                "attention_dropout", attentionDropout,
                "mlp_dropout", mlpDropout,
                "classifier_dropout", classifierDropout);
    }
}
