package dev.finetune.trainer.model;

import static dev.finetune.trainer.model.ModelCopy.config;
import static dev.finetune.trainer.model.ModelCopy.refused;
import static dev.finetune.trainer.model.ModelCopy.rename;
import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDManager;
import dev.finetune.trainer.engine.Parameter;
import dev.finetune.trainer.engine.TorchEngine;
import java.io.IOException;
import java.nio.file.Path;
import java.util.OptionalDouble;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is ModernBERT's own; its numbers are checked by {@link GoldenTest} and {@link RegressionGoldenTest}. */
class ModernBertTest {
    @TempDir
    private Path temp;

    private Path folder;

    @BeforeEach
    void copy() throws IOException {
        folder = ModelCopy.of("modernbert", temp.resolve("copy"));
    }

    @Test
    void only_parameters_that_the_config_has_are_trained_and_saved() {
        try (SequenceClassifier bare = load(Golden.folder("modernbert"));
                SequenceClassifier biased = load(Golden.folder("modernbert-mean"))) {
            assertThat(bare.parameters())
                    .extracting(Parameter::name)
                    .filteredOn(name -> name.endsWith("bias"))
                    .containsExactly("classifier.bias");
            assertThat(biased.parameters())
                    .extracting(Parameter::name)
                    .doesNotContain("model.layers.0.attn_norm.weight")
                    .contains("model.layers.1.attn_norm.bias", "model.layers.0.attn.Wqkv.bias", "head.dense.bias");
        }
    }

    @Test
    void a_head_that_the_base_lacks_starts_as_a_neutral_norm_and_is_listed() throws IOException {
        rename(folder, name -> name.replace("head.", "gone.").replace("classifier.", "gone2."));
        try (SequenceClassifier model = load(folder)) {
            assertThat(model.newlyInitialised())
                    .containsExactly("head.dense.weight", "head.norm.weight", "classifier.weight", "classifier.bias");
            assertThat(model.parameters())
                    .filteredOn(p -> p.name().equals("head.norm.weight"))
                    .singleElement()
                    .satisfies(p -> assertThat(p.array().toFloatArray()).containsOnly(1f));
        }
    }

    @Test
    void the_head_takes_what_classifier_pooling_says() {
        Golden golden = Golden.of("modernbert-mean");
        try (SequenceClassifier first = load(Golden.folder("modernbert"));
                SequenceClassifier mean = load(Golden.folder("modernbert-mean"));
                NDManager scope = TorchEngine.start().newScope()) {
            assertThat(first.pooling()).isEqualTo(Pooling.FirstToken);
            assertThat(mean.pooling()).isEqualTo(Pooling.Mean);
            SequenceClassifier.Features features = mean.pooledFeatures(golden.batch(scope));
            assertThat(mean.headInput(golden.batch(scope)).toFloatArray())
                    .isEqualTo(features.mean().toFloatArray())
                    .isNotEqualTo(features.firstToken().toFloatArray());
        }
    }

    @Test
    void positions_padding_and_dropouts_are_those_of_the_config() throws IOException {
        config(
                folder,
                c -> c.put("pad_token_id", 5)
                        .put("max_position_embeddings", 4096)
                        .put("mlp_dropout", 0.25));
        try (SequenceClassifier model = load(folder);
                SequenceClassifier set =
                        SequenceClassifier.load(folder, Golden.LABELS, new LoadOptions(1, OptionalDouble.of(0.2)))) {
            assertThat(model.padId()).isEqualTo(5);
            assertThat(model.usablePositions()).isEqualTo(4096);
            assertThat(model.dropouts()).containsEntry("mlp_dropout", 0.25).containsEntry("attention_dropout", 0.0);
            assertThat(set.dropouts())
                    .hasSize(4)
                    .allSatisfy((key, value) -> assertThat(value).isEqualTo(0.2));
        }
    }

    @Test
    void what_does_not_fit_is_named() throws IOException {
        config(folder, c -> c.put("hidden_activation", "silu"));
        refused(folder, "hidden_activation must be one of gelu, gelu_new, relu and is \"silu\"");
        config(folder, c -> c.put("hidden_activation", "gelu").put("classifier_activation", "tanh"));
        refused(folder, "classifier_activation must be one of gelu, gelu_new, relu and is \"tanh\"");
        config(folder, c -> c.put("classifier_activation", "gelu").put("classifier_pooling", "max"));
        refused(folder, "classifier_pooling must be cls or mean and is \"max\"");
        config(folder, c -> c.put("classifier_pooling", "cls").put("num_attention_heads", 16));
        refused(folder, "num_attention_heads must be a number that leaves every head an even size and is 16");
        config(
                folder,
                c -> c.put("num_attention_heads", 2)
                        .putObject("rope_parameters")
                        .put("rope_theta", 1));
        refused(folder, "rope_parameters must be absent, as this version reads global_rope_theta");
        config(folder, c -> c.remove("rope_parameters"));
        config(folder, c -> c.put("intermediate_size", 20));
        refused(folder, "model.layers.0.mlp.Wi.weight", "[48, 16]", "[40, 16]");
        config(folder, c -> c.put("intermediate_size", 24));
        rename(folder, name -> name.replace("layers.1.attn_norm", "layers.1.gone"));
        refused(folder, "lacks the tensor model.layers.1.attn_norm.weight");
    }

    private static SequenceClassifier load(Path folder) {
        return SequenceClassifier.load(folder, Golden.LABELS, LoadOptions.seeded(1));
    }
}
