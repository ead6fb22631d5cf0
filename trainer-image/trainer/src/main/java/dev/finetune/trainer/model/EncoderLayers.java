package dev.finetune.trainer.model;

import ai.djl.ndarray.NDArray;
import dev.finetune.trainer.engine.TorchEngine;
import java.util.ArrayList;
import java.util.List;

/**
 * The encoder that the BERT family shares: layers of self-attention and a two-layer perceptron, each followed by residual and layer norm
 * (Vaswani et al. 2017, post-norm). The 16 tensors of a layer come in the order of the kernel: query, key, value, attention output,
 * norm, up, down, norm.
 *
 * @param activation {@code gelu} (exact), {@code relu} or {@code gelu_new} (tanh)
 */
record EncoderLayers(
        TorchEngine engine,
        List<List<NDArray>> layers,
        int heads,
        double epsilon,
        String activation,
        double attentionDropout,
        double attentionOutputDropout,
        double outputDropout) {
    /** The layers under the names and config keys of BERT, which RoBERTa and ELECTRA took over. */
    static EncoderLayers bert(SequenceClassifier.Setup setup, double hiddenDropout, double attentionDropout) {
        ModelConfig config = setup.config();
        ParameterLoader p = setup.loader();
        int hidden = config.count("hidden_size");
        int inner = config.count("intermediate_size");
        List<List<NDArray>> layers = new ArrayList<>();
        for (int i = 0; i < config.count("num_hidden_layers"); i++) {
            String layer = "encoder.layer." + i + ".";
            layers.add(tensors(
                    p.linear(layer + "attention.self.query", hidden, hidden),
                    p.linear(layer + "attention.self.key", hidden, hidden),
                    p.linear(layer + "attention.self.value", hidden, hidden),
                    p.linear(layer + "attention.output.dense", hidden, hidden),
                    p.norm(layer + "attention.output.LayerNorm", hidden),
                    p.linear(layer + "intermediate.dense", inner, hidden),
                    p.linear(layer + "output.dense", hidden, inner),
                    p.norm(layer + "output.LayerNorm", hidden)));
        }
        return new EncoderLayers(
                setup.engine(),
                layers,
                config.count("num_attention_heads"),
                config.numberOr("layer_norm_eps", 1e-12),
                activation(config, "hidden_act"),
                attentionDropout,
                hiddenDropout,
                hiddenDropout);
    }

    /** BERT's tables of words, positions and segments, that wide, and their norm: what the kernel {@code embed} takes. */
    static List<NDArray> bertEmbeddings(SequenceClassifier.Setup setup, int width) {
        ModelConfig config = setup.config();
        ParameterLoader p = setup.loader();
        List<NDArray> tables = new ArrayList<>();
        tables.add(p.weight("embeddings.word_embeddings.weight", config.count("vocab_size"), width));
        tables.add(p.weight("embeddings.position_embeddings.weight", config.count("max_position_embeddings"), width));
        tables.add(p.weight("embeddings.token_type_embeddings.weight", config.count("type_vocab_size"), width));
        tables.addAll(p.norm("embeddings.LayerNorm", width));
        return tables;
    }

    /** {@code [rows, length, hidden]} to the same. */
    NDArray forward(TokenBatch batch, NDArray embedded, boolean training) {
        NDArray mask = engine.kernels().run(batch.scope(), false, "attention_mask", batch.mask());
        NDArray x = embedded;
        for (List<NDArray> layer : layers) {
            NDArray next = engine.kernels()
                    .run(
                            batch.scope(),
                            training,
                            "encoder_layer",
                            x,
                            mask,
                            layer,
                            heads,
                            epsilon,
                            activation,
                            training ? attentionDropout : 0.0,
                            training ? attentionOutputDropout : 0.0,
                            training ? outputDropout : 0.0);
            x.close();
            x = next;
        }
        mask.close();
        return x;
    }

    @SafeVarargs
    static List<NDArray> tensors(List<NDArray>... parts) {
        List<NDArray> all = new ArrayList<>();
        for (List<NDArray> part : parts) {
            all.addAll(part);
        }
        return all;
    }

    /** Refuses an activation that the kernel doesn't have. */
    static String activation(ModelConfig config, String key) {
        String name = config.textOr(key, "gelu");
        return switch (name) {
            case "gelu", "relu", "gelu_new" -> name;
            case "gelu_pytorch_tanh", "gelu_fast" -> "gelu_new";
            default -> throw config.invalid(key, "one of gelu, gelu_new, relu");
        };
    }

    /** Refuses sizes that don't divide and position encodings of a later kind. */
    static void check(ModelConfig config, String hiddenKey, String headsKey) {
        if (config.count(hiddenKey) % config.count(headsKey) != 0) {
            throw config.invalid(headsKey, "a divisor of " + hiddenKey + " (" + config.count(hiddenKey) + ")");
        }
        if (!config.textOr("position_embedding_type", "absolute").equals("absolute")) {
            throw config.invalid("position_embedding_type", "absolute");
        }
    }
}
