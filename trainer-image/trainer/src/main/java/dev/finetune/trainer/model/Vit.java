package dev.finetune.trainer.model;

import ai.djl.ndarray.NDArray;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/**
 * Vision Transformer (Dosovitskiy et al. 2020; DeiT without distillation): patches and a first token with positions, pre-norm encoder,
 * layer norm; the head is a linear layer on the first token.
 */
final class Vit extends ImageClassifier {
    private final int edge;
    private final int heads;
    private final double epsilon;
    private final double dropout;
    private final double attentionDropout;
    private final String activation;
    private final List<NDArray> embeddings;
    private final List<List<NDArray>> layers = new ArrayList<>();
    private final List<NDArray> norm;
    private final List<NDArray> head;

    Vit(Setup setup) {
        super(setup);
        ModelConfig config = setup.config();
        ParameterLoader p = setup.loader();
        EncoderLayers.check(config, "hidden_size", "num_attention_heads");
        int hidden = config.count("hidden_size");
        int inner = config.count("intermediate_size");
        int patch = config.count("patch_size");
        edge = config.count("image_size");
        heads = config.count("num_attention_heads");
        epsilon = config.numberOr("layer_norm_eps", 1e-12);
        dropout = setup.options().dropout().orElse(config.numberOr("hidden_dropout_prob", 0));
        attentionDropout = setup.options().dropout().orElse(config.numberOr("attention_probs_dropout_prob", 0));
        activation = ConvNorm.activation(config);
        boolean bias = config.flagOr("qkv_bias", true);

        long patches = (long) (edge / patch) * (edge / patch);
        NDArray token = p.weight("embeddings.cls_token", 1, 1, hidden);
        NDArray positions = p.weight("embeddings.position_embeddings", 1, patches + 1, hidden);
        embeddings = List.of(
                p.weight("embeddings.patch_embeddings.projection.weight", hidden, 3, patch, patch),
                p.vector("embeddings.patch_embeddings.projection.bias", hidden),
                token,
                positions);
        for (int i = 0; i < config.count("num_hidden_layers"); i++) {
            String layer = "encoder.layer." + i + ".";
            List<NDArray> tensors = new ArrayList<>(p.norm(layer + "layernorm_before", hidden));
            for (String role : List.of("query", "key", "value")) {
                String name = layer + "attention.attention." + role;
                tensors.add(p.weight(name + ".weight", hidden, hidden));
                tensors.add(bias ? p.vector(name + ".bias", hidden) : p.constant(0, hidden));
            }
            tensors.addAll(p.linear(layer + "attention.output.dense", hidden, hidden));
            tensors.addAll(p.norm(layer + "layernorm_after", hidden));
            tensors.addAll(p.linear(layer + "intermediate.dense", inner, hidden));
            tensors.addAll(p.linear(layer + "output.dense", hidden, inner));
            layers.add(tensors);
        }
        norm = p.norm("layernorm", hidden);
        head = p.outputLinear("classifier", setup.labelsFit(), setup.labels().size(), hidden);
    }

    @Override
    NDArray headInput(PixelBatch batch, Pass pass) {
        double p = pass.training() ? dropout : 0.0;
        NDArray x =
                engine().kernels().run(batch.scope(), pass.training(), "patch_embed", batch.pixels(), embeddings, p);
        for (List<NDArray> layer : layers) {
            x = after(
                    x,
                    pass,
                    "vit_layer",
                    layer,
                    heads,
                    epsilon,
                    activation,
                    pass.training() ? attentionDropout : 0.0,
                    p);
        }
        return after(after(x, pass, "layer_norm", norm, epsilon), pass, "first_token");
    }

    @Override
    public NDArray logitsFromHeadInput(NDArray headInput, boolean training) {
        return linearHead(headInput, head, 0, training);
    }

    @Override
    public Pooling pooling() {
        return Pooling.FirstToken;
    }

    @Override
    OptionalInt onlyEdge() {
        return OptionalInt.of(edge);
    }

    @Override
    String architecture() {
        return "ViTForImageClassification";
    }

    @Override
    Map<String, Double> dropouts() {
        return Map.of("hidden_dropout_prob", dropout, "attention_probs_dropout_prob", attentionDropout);
    }
}
