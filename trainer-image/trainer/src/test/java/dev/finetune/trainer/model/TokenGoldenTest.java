package dev.finetune.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.finetune.api.Answer;
import dev.finetune.api.Optimizer;
import dev.finetune.api.TextPreprocessing;
import dev.finetune.trainer.engine.CrossEntropy;
import dev.finetune.trainer.engine.Gradients;
import dev.finetune.trainer.engine.OptimizerStep;
import dev.finetune.trainer.engine.Parameter;
import dev.finetune.trainer.engine.TorchEngine;
import dev.finetune.trainer.transform.TextInput;
import dev.finetune.trainer.transform.Words;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tags of words: tokens, outputs, loss and 12 steps against what tokenizers and transformers compute (src/test/python/make_golden.py). */
class TokenGoldenTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final List<String> TAGS = List.of("B-X", "I-X", "O");
    private static final TextPreprocessing AS_IS = new TextPreprocessing(null, null, null, null);

    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"bert", "distilbert", "roberta", "electra", "modernbert"})
    void outputs_losses_and_gradients_equal_those_of_transformers(String name) {
        JsonNode golden = Golden.json(Golden.folder(name + "-tokens").resolve("golden.json"));
        TorchEngine engine = TorchEngine.start();
        int[] targets = JSON.convertValue(golden.path("targets"), int[].class);
        try (SequenceClassifier model = load(Golden.folder(name + "-tokens"));
                OptimizerStep optimizer = new OptimizerStep(
                        engine, Optimizer.AdamW, golden.path("weightDecay").asDouble())) {
            assertThat(model.newlyInitialised()).isEmpty();
            assertThat(model.parameters())
                    .extracting(Parameter::name)
                    .containsExactlyInAnyOrder(JSON.convertValue(golden.path("parameters"), String[].class));
            try (NDManager scope = engine.newScope()) {
                assertThat(model.logits(batch(scope, golden), false).toFloatArray())
                        .containsExactly(JSON.convertValue(golden.path("logits"), float[].class), within(1e-5f));
            }
            for (int step = 0; step < golden.path("losses").size(); step++) {
                try (NDManager scope = engine.newScope()) {
                    NDArray loss = CrossEntropy.plain(engine)
                            .of(model.logits(batch(scope, golden), true), targets, targets.length, true);
                    assertThat((double) loss.getFloat())
                            .as("loss of step " + step)
                            .isCloseTo(golden.path("losses").get(step).asDouble(), within(1e-4));
                    try (Gradients gradients = Gradients.of(engine, loss, model.trainableParameters())) {
                        assertThat(gradients.clip(1.0))
                                .as("gradient norm of step " + step)
                                .isCloseTo(
                                        golden.path("gradientNorms").get(step).asDouble(), within(1e-3));
                        optimizer.apply(gradients, golden.path("learningRate").asDouble());
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"bert", "distilbert", "roberta", "electra", "modernbert"})
    void a_saved_model_opens_as_what_it_is_and_gives_the_same_scores(String name) throws IOException {
        Path base = withTokenizer(name + "-tokens");
        Path saved = folder.resolve("saved");
        List<TextInput> texts = List.of(TextInput.of("free win"), TextInput.of(""), TextInput.of("hello abc ! win"));
        double[][] expected;
        try (ArtifactPredictor predictor = ArtifactPredictor.open(base, AS_IS, 8)) {
            expected = predictor.scores(texts);
        }

        try (SequenceClassifier model = load(base)) {
            model.save(saved, 8);
        }

        JsonNode config = ModelConfig.read(saved).json();
        assertThat(config.at("/architectures/0").asText()).endsWith("ForTokenClassification");
        assertThat(config.has("problem_type")).isFalse();
        try (ArtifactPredictor predictor = ArtifactPredictor.open(saved, AS_IS, 8)) {
            assertThat(predictor.answer()).isEqualTo(Answer.Tags);
            double[][] scores = predictor.scores(texts);
            assertThat(scores[0]).hasSize(2 * 3).containsExactly(expected[0], within(1e-6));
            assertThat(scores[1]).isEmpty();
            assertThat(scores[2]).hasSize(4 * 3).containsExactly(expected[2], within(1e-6));
        }
    }

    /** At 8 tokens with two special ones, hello and abc (three pieces) leave room for two more words. */
    @Test
    void a_word_beyond_the_length_is_outside_for_certain() throws IOException {
        Path base = withTokenizer("bert-tokens");

        try (ArtifactPredictor predictor = ArtifactPredictor.open(base, AS_IS, 8)) {
            double[] row = predictor.scores(List.of(TextInput.of("hello abc win win free free")))[0];

            assertThat(row).hasSize(6 * 3);
            assertThat(List.of(row[9], row[10], row[11])).doesNotContain(1.0);
            assertThat(List.of(row[12], row[13], row[14])).containsExactly(0.0, 0.0, 1.0);
            assertThat(List.of(row[15], row[16], row[17])).containsExactly(0.0, 0.0, 1.0);
        }
    }

    @Test
    void words_are_tokenised_and_cut_as_the_reference_does() throws IOException {
        Path base = withTokenizer("bert-tokens");

        try (TextTokenizer tokenizer = TextTokenizer.open(base, 12, Answer.Tags)) {
            for (JsonNode golden : Golden.json(base.resolve("words.json"))) {
                List<String> words = List.of(JSON.convertValue(golden.path("words"), String[].class));

                Tokens tokens = tokenizer
                        .encode(List.of(Words.of(words).input()), AS_IS)
                        .getFirst();

                assertThat(tokens.ids()).containsExactly(JSON.convertValue(golden.path("ids"), int[].class));
                assertThat(tokens.words()).containsExactly(JSON.convertValue(golden.path("first"), int[].class));
            }
        }
    }

    @Test
    void cleaning_a_word_makes_no_two_of_it() throws IOException {
        Path base = withTokenizer("bert-tokens");

        try (TextTokenizer tokenizer = TextTokenizer.open(base, 12, Answer.Tags)) {
            Tokens tokens = tokenizer
                    .encode(List.of(TextInput.of("free&nbsp;win hello")), new TextPreprocessing(true, null, null, null))
                    .getFirst();

            assertThat(tokens.words()).containsExactly(1, 3);
        }
    }

    private static SequenceClassifier load(Path folder) {
        return SequenceClassifier.load(
                folder, TAGS, Problem.token_classification, new LoadOptions(0, OptionalDouble.of(0)));
    }

    /** A copy of the golden folder with the tokenizer that knows letters. */
    private Path withTokenizer(String name) throws IOException {
        Path copy = Files.createDirectories(folder.resolve("base"));
        try (var files = Files.list(Golden.folder(name))) {
            for (Path file : files.toList()) {
                Files.copy(file, copy.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
            }
        }
        Files.copy(Golden.folder("bert").resolve("tokenizer.json"), copy.resolve("tokenizer.json"));
        return copy;
    }

    private static TokenBatch batch(NDManager scope, JsonNode golden) {
        int rows = golden.path("rows").asInt();
        int length = golden.path("length").asInt();
        return TokenBatch.of(
                scope,
                JSON.convertValue(golden.path("ids"), long[].class),
                JSON.convertValue(golden.path("mask"), long[].class),
                new long[rows * length],
                rows,
                length,
                JSON.convertValue(golden.path("words"), long[].class));
    }
}
