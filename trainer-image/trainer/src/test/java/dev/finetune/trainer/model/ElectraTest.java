package dev.finetune.trainer.model;

import static dev.finetune.trainer.model.ModelCopy.config;
import static dev.finetune.trainer.model.ModelCopy.refused;
import static dev.finetune.trainer.model.ModelCopy.rename;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.finetune.trainer.engine.Parameter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalDouble;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is ELECTRA's own; its numbers are checked by {@link GoldenTest} and {@link RegressionGoldenTest}. */
class ElectraTest {
    @TempDir
    private Path temp;

    private Path folder;

    @BeforeEach
    void copy() throws IOException {
        folder = ModelCopy.of("electra", temp.resolve("copy"));
    }

    @Test
    void embeddings_are_projected_only_where_they_are_narrower_than_the_encoder() {
        try (SequenceClassifier narrow = load(Golden.folder("electra"));
                SequenceClassifier wide = load(Golden.folder("electra-wide"))) {
            assertThat(narrow.parameters())
                    .extracting(Parameter::name)
                    .contains("electra.embeddings_project.weight", "electra.embeddings_project.bias");
            assertThat(wide.parameters()).extracting(Parameter::name).noneMatch(name -> name.contains("project"));
        }
    }

    @Test
    void a_published_discriminator_gets_a_head_and_keeps_its_own_out() throws IOException {
        rename(folder, name -> name.replace("classifier.", "discriminator_predictions."));
        try (SequenceClassifier model = load(folder)) {
            assertThat(model.newlyInitialised())
                    .containsExactly(
                            "classifier.dense.weight",
                            "classifier.dense.bias",
                            "classifier.out_proj.weight",
                            "classifier.out_proj.bias");
            assertThat(model.parameters()).extracting(Parameter::name).noneMatch(name -> name.contains("predictions"));
        }
    }

    @Test
    void positions_padding_and_dropouts_are_those_of_the_config() throws IOException {
        config(
                folder,
                c -> c.put("pad_token_id", 5).put("hidden_dropout_prob", 0.3).putNull("classifier_dropout"));
        try (SequenceClassifier model = SequenceClassifier.load(folder, Golden.LABELS, LoadOptions.seeded(1));
                SequenceClassifier set =
                        SequenceClassifier.load(folder, Golden.LABELS, new LoadOptions(1, OptionalDouble.of(0.2)))) {
            assertThat(model.padId()).isEqualTo(5);
            assertThat(model.usablePositions()).isEqualTo(24);
            assertThat(model.dropouts()).containsEntry("classifier_dropout", 0.3);
            assertThat(set.dropouts())
                    .hasSize(3)
                    .allSatisfy((key, value) -> assertThat(value).isEqualTo(0.2));
        }
    }

    @Test
    void what_does_not_fit_is_named() throws IOException {
        config(folder, c -> c.put("hidden_act", "swish"));
        refused(folder, "hidden_act must be one of gelu, gelu_new, relu and is \"swish\"");
        config(folder, c -> c.put("hidden_act", "gelu").remove("embedding_size"));
        refused(folder, "embedding_size must be a whole number of at least 1 and is absent");
        config(folder, c -> c.put("embedding_size", 12));
        refused(folder, "electra.embeddings.word_embeddings.weight", "[64, 10]", "[64, 12]");
        config(folder, c -> c.put("embedding_size", 10).put("position_embedding_type", "relative_key"));
        refused(folder, "position_embedding_type must be absolute");
        config(folder, c -> c.put("position_embedding_type", "absolute"));
        rename(folder, name -> name.replace("embeddings_project.bias", "gone"));
        refused(folder, "lacks the tensor electra.embeddings_project.bias");
    }

    @Test
    void the_saved_config_opens_as_an_electra_classifier() throws IOException {
        Files.copy(Golden.folder("bert").resolve("tokenizer.json"), folder.resolve("tokenizer.json"));
        try (SequenceClassifier model = load(folder)) {
            model.save(temp.resolve("saved"), 17);
        }
        JsonNode config = Golden.json(temp.resolve("saved/config.json"));
        assertThat(config.path("architectures")).hasToString("[\"ElectraForSequenceClassification\"]");
        assertThat(config.path("embedding_size").asInt()).isEqualTo(10);
    }

    private static SequenceClassifier load(Path folder) {
        return SequenceClassifier.load(folder, Golden.LABELS, LoadOptions.seeded(1));
    }
}
