package dev.finetune.trainer.model;

import static dev.finetune.trainer.model.ModelCopy.edit;
import static dev.finetune.trainer.model.ModelCopy.refused;
import static dev.finetune.trainer.model.ModelCopy.rename;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.finetune.api.TextPreprocessing;
import dev.finetune.api.run.StageException;
import dev.finetune.trainer.engine.Parameter;
import dev.finetune.trainer.engine.TorchEngine;
import dev.finetune.trainer.transform.TextInput;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SequenceClassifierTest {
    private static final TextPreprocessing AS_IS = new TextPreprocessing(null, null, null, null);

    @TempDir
    private Path temp;

    @ParameterizedTest
    @ValueSource(strings = {"bert", "distilbert", "roberta", "electra", "modernbert", "modernbert-mean"})
    void a_saved_model_gives_the_same_logits_when_it_is_loaded_again(String name) throws IOException {
        Golden golden = Golden.of(name);
        Path folder = copy(name);
        copyTokenizer(folder);
        List<String> labels = List.of("a", "b");
        float[] before;
        try (SequenceClassifier model = SequenceClassifier.load(folder, labels, LoadOptions.seeded(3));
                NDManager scope = TorchEngine.start().newScope()) {
            before = model.logits(golden.batch(scope), false).toFloatArray();
            model.save(temp.resolve("saved"), 17);
        }
        try (SequenceClassifier model = SequenceClassifier.load(temp.resolve("saved"), labels, LoadOptions.seeded(4));
                NDManager scope = TorchEngine.start().newScope()) {
            assertThat(model.newlyInitialised()).isEmpty();
            assertThat(model.logits(golden.batch(scope), false).toFloatArray()).containsExactly(before);
        }
    }

    @Test
    void a_saved_config_is_the_bases_with_labels_dropouts_and_class() throws IOException {
        Path folder = copy("bert");
        edit(
                folder.resolve("config.json"),
                c -> c.put("_name_or_path", "someone/base").put("made_up", 7).putObject("auto_map"));
        try (SequenceClassifier model =
                SequenceClassifier.load(folder, List.of("ham", "spam"), new LoadOptions(1, OptionalDouble.of(0.25)))) {
            model.save(temp.resolve("saved"), 17);
        }
        JsonNode config = Golden.json(temp.resolve("saved/config.json"));
        assertThat(config.has("_name_or_path")).isFalse();
        assertThat(config.has("auto_map")).isFalse();
        assertThat(config.path("made_up").asInt()).isEqualTo(7);
        assertThat(config.path("id2label")).hasToString("{\"0\":\"ham\",\"1\":\"spam\"}");
        assertThat(config.path("label2id")).hasToString("{\"ham\":0,\"spam\":1}");
        assertThat(config.path("architectures")).hasToString("[\"BertForSequenceClassification\"]");
        assertThat(config.path("problem_type").asText()).isEqualTo("single_label_classification");
        assertThat(config.path("torch_dtype").asText()).isEqualTo("float32");
        assertThat(config.path("hidden_dropout_prob").asDouble()).isEqualTo(0.25);
        assertThat(config.path("classifier_dropout").asDouble()).isEqualTo(0.25);
        JsonNode tokenizer = Golden.json(temp.resolve("saved/tokenizer.json"));
        assertThat(tokenizer.path("padding").isNull()).isTrue();
        assertThat(tokenizer.path("truncation").isNull()).isTrue();
        assertThat(Golden.json(temp.resolve("saved/tokenizer_config.json"))
                        .path("model_max_length")
                        .asInt())
                .isEqualTo(17);
    }

    /** transformers lower-cases and splits by tokenizer_config.json, or by defaults where it says nothing, and not by tokenizer.json. */
    @Test
    void saved_tokenizer_settings_say_what_the_tokenizer_does() throws IOException {
        Path folder = copy("bert");
        edit(folder.resolve("tokenizer.json"), t -> {
            ((ObjectNode) t.path("normalizer")).put("lowercase", false).put("strip_accents", true);
            t.putObject("pre_tokenizer").put("type", "ByteLevel").put("add_prefix_space", true);
        });
        edit(
                folder.resolve("tokenizer_config.json"),
                c -> c.put("do_lower_case", true).remove("add_prefix_space"));
        try (SequenceClassifier model =
                SequenceClassifier.load(folder, List.of("ham", "spam"), LoadOptions.seeded(1))) {
            model.save(temp.resolve("saved"), 17);
        }
        JsonNode settings = Golden.json(temp.resolve("saved/tokenizer_config.json"));
        assertThat(settings.path("do_lower_case")).isEqualTo(BooleanNode.FALSE);
        assertThat(settings.path("strip_accents")).isEqualTo(BooleanNode.TRUE);
        assertThat(settings.path("tokenize_chinese_chars")).isEqualTo(BooleanNode.TRUE);
        assertThat(settings.path("add_prefix_space")).isEqualTo(BooleanNode.TRUE);
    }

    @Test
    void head_parameters_that_do_not_fit_the_labels_are_initialised_from_the_seed_and_listed() {
        Path folder = Golden.folder("bert");
        try (SequenceClassifier one = SequenceClassifier.load(folder, List.of("a", "b"), LoadOptions.seeded(1));
                SequenceClassifier same = SequenceClassifier.load(folder, List.of("a", "b"), LoadOptions.seeded(1));
                SequenceClassifier other = SequenceClassifier.load(folder, List.of("a", "b"), LoadOptions.seeded(2))) {
            assertThat(one.newlyInitialised()).containsExactly("classifier.weight", "classifier.bias");
            float[] weight = values(one, "classifier.weight");
            assertThat(weight)
                    .isEqualTo(values(same, "classifier.weight"))
                    .isNotEqualTo(values(other, "classifier.weight"));
            assertThat(values(one, "classifier.bias")).containsOnly(0f);
            double sum = 0;
            for (float v : weight) {
                sum += v * v;
            }
            assertThat(Math.sqrt(sum / weight.length)).isCloseTo(0.02, within(0.01));
        }
    }

    @Test
    void decay_spares_biases_and_norms_and_the_head_can_be_trained_alone() {
        try (SequenceClassifier model =
                SequenceClassifier.load(Golden.folder("bert"), Golden.LABELS, LoadOptions.seeded(1))) {
            assertThat(model.parameters())
                    .allSatisfy(p -> assertThat(p.decay())
                            .isEqualTo(p.name().endsWith("weight") && !p.name().contains("LayerNorm")));
            model.setTrainable(SequenceClassifier.Trainable.HEAD);
            assertThat(model.trainableParameters())
                    .extracting(Parameter::name)
                    .containsExactly(
                            "bert.pooler.dense.weight",
                            "bert.pooler.dense.bias",
                            "classifier.weight",
                            "classifier.bias");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"bert", "electra", "modernbert", "modernbert-mean"})
    void dropout_changes_logits_in_training_alone_and_repeats_with_the_seed(String name) {
        Golden golden = Golden.of(name);
        TorchEngine engine = TorchEngine.start();
        try (SequenceClassifier model = SequenceClassifier.load(
                        Golden.folder(name), Golden.LABELS, new LoadOptions(1, OptionalDouble.of(0.1)));
                NDManager scope = engine.newScope()) {
            engine.seed(5);
            float[] once = model.logits(golden.batch(scope), true).toFloatArray();
            float[] next = model.logits(golden.batch(scope), true).toFloatArray();
            engine.seed(5);
            float[] again = model.logits(golden.batch(scope), true).toFloatArray();
            assertThat(again).isEqualTo(once).isNotEqualTo(next);
            assertThat(model.logits(golden.batch(scope), false).toFloatArray())
                    .containsExactly(golden.logits(), within(1e-5f));
        }
    }

    @Test
    void the_heads_input_can_be_computed_once_and_trained_on() {
        Golden golden = Golden.of("roberta");
        try (SequenceClassifier model =
                        SequenceClassifier.load(Golden.folder("roberta"), Golden.LABELS, LoadOptions.seeded(1));
                NDManager scope = TorchEngine.start().newScope()) {
            assertThat(model.logitsFromHeadInput(model.headInput(golden.batch(scope)), false)
                            .toFloatArray())
                    .containsExactly(golden.logits(), within(1e-5f));
            assertThat(model.pooledFeatures(golden.batch(scope)).firstToken().toFloatArray())
                    .isEqualTo(model.headInput(golden.batch(scope)).toFloatArray());
        }
    }

    @Test
    void weights_without_the_prefix_and_with_the_norm_names_of_2018_are_found() throws IOException {
        Path folder = copy("bert");
        rename(
                folder,
                n -> n.replace("bert.", "")
                        .replace("LayerNorm.weight", "LayerNorm.gamma")
                        .replace("LayerNorm.bias", "LayerNorm.beta"));
        try (SequenceClassifier model = SequenceClassifier.load(folder, Golden.LABELS, LoadOptions.seeded(1));
                NDManager scope = TorchEngine.start().newScope()) {
            assertThat(model.newlyInitialised()).isEmpty();
            Golden golden = Golden.of("bert");
            assertThat(model.logits(golden.batch(scope), false).toFloatArray())
                    .containsExactly(golden.logits(), within(1e-5f));
        }
    }

    @Test
    void a_model_type_that_is_not_known_is_refused_with_those_that_are() throws IOException {
        Path folder = copy("bert");
        edit(folder.resolve("config.json"), c -> c.put("model_type", "llama"));
        refused(folder, "model_type is llama", "bert, distilbert, electra, modernbert, roberta, xlm-roberta");
    }

    @Test
    void a_config_that_does_not_fit_the_weights_names_the_first_tensor() throws IOException {
        Path folder = copy("bert");
        edit(folder.resolve("config.json"), c -> c.put("hidden_size", 32));
        refused(folder, "bert.embeddings.word_embeddings.weight", "[64, 16]", "[64, 32]");
    }

    @Test
    void a_backbone_tensor_that_is_missing_is_named() throws IOException {
        Path folder = copy("bert");
        rename(folder, n -> n.replace("layer.1.output.dense.bias", "layer.1.gone"));
        refused(folder, "lacks the tensor bert.encoder.layer.1.output.dense.bias");
    }

    @Test
    void config_values_that_can_not_be_are_named() throws IOException {
        Path folder = copy("bert");
        edit(folder.resolve("config.json"), c -> c.put("num_attention_heads", 3));
        refused(folder, "num_attention_heads must be a divisor of hidden_size (16) and is 3");
        edit(folder.resolve("config.json"), c -> c.put("num_attention_heads", 2).put("hidden_act", "swish"));
        refused(folder, "hidden_act must be one of gelu, gelu_new, relu and is \"swish\"");
        edit(folder.resolve("config.json"), c -> c.put("hidden_act", "gelu").put("vocab_size", "many"));
        refused(folder, "vocab_size must be a whole number of at least 1 and is \"many\"");
        Files.delete(folder.resolve("config.json"));
        refused(folder, "config.json is missing");
    }

    @Test
    void the_tokenizers_own_truncation_and_padding_are_overridden() {
        try (TextTokenizer tokenizer = TextTokenizer.open(Golden.folder("bert"), 512);
                TextTokenizer shorter = TextTokenizer.open(Golden.folder("bert"), 5)) {
            for (JsonNode row : Golden.json(Golden.folder("bert").resolve("tokens.json"))) {
                int[] expected = new ObjectMapper().convertValue(row.path("ids"), int[].class);
                List<TextInput> text = List.of(TextInput.of(row.path("text").asText()));
                assertThat(tokenizer.encode(text).getFirst().ids()).containsExactly(expected);
                int[] cut = shorter.encode(text).getFirst().ids();
                assertThat(cut).hasSize(Math.min(5, expected.length)).endsWith(3);
            }
        }
    }

    /** Ids and segments are those of the tokenizers library, the logits those of transformers. */
    @Test
    void pairs_are_tokenised_cut_and_scored_as_the_reference_does() {
        try (SequenceClassifier model =
                        SequenceClassifier.load(Golden.folder("bert"), Golden.LABELS, LoadOptions.seeded(1));
                TextTokenizer whole = TextTokenizer.open(Golden.folder("bert"), 512);
                TextTokenizer cut = TextTokenizer.open(Golden.folder("bert"), 12)) {
            List<TextInput> pairs = new ArrayList<>();
            List<float[]> logits = new ArrayList<>();
            for (JsonNode row : Golden.json(Golden.folder("bert").resolve("pairs.json"))) {
                TextInput pair = new TextInput(
                        row.path("text").asText(), row.path("textPair").asText());
                Tokens tokens = whole.encode(List.of(pair)).getFirst();
                assertThat(tokens.ids()).as(pair.toString()).containsExactly(ints(row.path("ids")));
                assertThat(tokens.types()).as(pair.toString()).containsExactly(ints(row.path("types")));
                Tokens shorter = cut.encode(List.of(pair)).getFirst();
                assertThat(shorter.ids()).as(pair.toString()).containsExactly(ints(row.path("cutIds")));
                assertThat(shorter.types()).as(pair.toString()).containsExactly(ints(row.path("cutTypes")));
                pairs.add(pair);
                logits.add(new ObjectMapper().convertValue(row.path("logits"), float[].class));
            }
            try (NDManager scope = TorchEngine.start().newScope()) {
                float[] all = model.logits(TokenBatch.of(scope, cut.encode(pairs), model.padId()), false)
                        .toFloatArray();
                for (int i = 0; i < logits.size(); i++) {
                    assertThat(Arrays.copyOfRange(all, 3 * i, 3 * i + 3))
                            .as(pairs.get(i).toString())
                            .containsExactly(logits.get(i), within(1e-5f));
                }
            }
        }
    }

    private static int[] ints(JsonNode values) {
        return new ObjectMapper().convertValue(values, int[].class);
    }

    @Test
    void the_default_length_is_the_least_of_tokenizer_positions_and_512() throws IOException {
        assertThat(TextTokenizer.defaultMaxLength(Golden.folder("bert"))).isEqualTo(20);
        Path folder = copy("bert");
        edit(folder.resolve("tokenizer_config.json"), c -> c.put("model_max_length", 1e30));
        assertThat(TextTokenizer.defaultMaxLength(folder)).isEqualTo(24);
        assertThat(TextTokenizer.defaultMaxLength(Golden.folder("roberta"))).isEqualTo(22);
    }

    @Test
    void scores_are_probabilities_in_the_order_of_the_texts_on_any_thread() throws Exception {
        Path folder = temp.resolve("saved");
        try (SequenceClassifier model =
                SequenceClassifier.load(copy("bert"), List.of("ham", "spam"), LoadOptions.seeded(1))) {
            model.save(folder, 20);
        }
        List<TextInput> texts = Stream.iterate("hello", t -> t.length() > 200 ? "win" : t + " free")
                .limit(70)
                .map(TextInput::of)
                .toList();
        try (ArtifactPredictor predictor = ArtifactPredictor.open(folder, AS_IS, 20)) {
            assertThat(predictor.labels()).containsExactly("ham", "spam");
            double[][] all = predictor.scores(texts);
            for (int i = 0; i < texts.size(); i++) {
                assertThat(all[i][0] + all[i][1]).isCloseTo(1, within(1e-12));
                assertThat(predictor.scores(List.of(texts.get(i)))[0]).containsExactly(all[i], within(1e-6));
            }
            double[][][] elsewhere = new double[1][][];
            Thread thread = Thread.ofVirtual().start(() -> elsewhere[0] = predictor.scores(texts));
            thread.join();
            assertThat(elsewhere[0]).isDeepEqualTo(all);
            assertThat(predictor.scores(List.of())).isEmpty();
        }
    }

    @Test
    void a_text_beyond_the_positions_or_the_vocabulary_is_told_in_words() {
        try (SequenceClassifier model =
                        SequenceClassifier.load(Golden.folder("bert"), Golden.LABELS, LoadOptions.seeded(1));
                NDManager scope = TorchEngine.start().newScope()) {
            assertThatThrownBy(() -> model.logits(TokenBatch.of(scope, List.of(Tokens.of(new int[25])), 0), false))
                    .isInstanceOf(StageException.class)
                    .hasMessageContaining("a text has 25 tokens")
                    .hasMessageContaining("24 positions");
            assertThatThrownBy(() -> model.logits(TokenBatch.of(scope, List.of(Tokens.of(2, 64)), 0), false))
                    .isInstanceOf(StageException.class)
                    .hasMessageContaining("the token id 64 and the embeddings have 64 rows");
        }
    }

    @Test
    void a_folder_that_was_never_trained_as_a_classifier_does_not_predict() throws IOException {
        Path folder = copy("bert");
        rename(folder, n -> n.replace("classifier.", "other."));
        assertThatThrownBy(() -> ArtifactPredictor.open(folder, AS_IS, 20))
                .isInstanceOf(StageException.class)
                .hasMessageContaining("classifier.weight");
    }

    private static float[] values(SequenceClassifier model, String name) {
        return model.parameters().stream()
                .filter(p -> p.name().equals(name))
                .findFirst()
                .orElseThrow()
                .array()
                .toFloatArray();
    }

    private Path copy(String name) throws IOException {
        return ModelCopy.of(name, temp.resolve("copy"));
    }

    private static void copyTokenizer(Path folder) throws IOException {
        for (String file : List.of("tokenizer.json", "tokenizer_config.json")) {
            if (Files.notExists(folder.resolve(file))) {
                Files.copy(Golden.folder("bert").resolve(file), folder.resolve(file));
            }
        }
    }
}
