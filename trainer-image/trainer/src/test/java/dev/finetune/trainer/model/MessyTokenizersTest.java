package dev.finetune.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.api.FailureClass;
import dev.finetune.api.run.StageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The tokenizers and the config of the shared collection of messy data, where it lies beside the checkout: each ends as its manifest expects. What the others give is compared in
 * {@code SharedGoldenTest}; the ids of SmolLM2 are those of a model that no task takes.
 */
class MessyTokenizersTest {
    private static final Path MESSY = Path.of("../../../shared/data/messy/tokenizer");
    private static final Path MINILM = Path.of("../../../models/minilm");

    @TempDir
    private Path folder;

    /** A vocabulary alone says too little about how texts are cut: with Windows' line ends or without some of its tokens, it is not used. */
    @ParameterizedTest
    @ValueSource(strings = {"vocab-crlf.txt", "vocab-too-short.txt"})
    void aVocabularyAloneIsNoTokenizer(String name) throws IOException {
        Assumptions.assumeTrue(Files.exists(MESSY), "no shared data here");
        Files.copy(MESSY.resolve(name), folder.resolve("vocab.txt"));

        assertThatThrownBy(() -> TextTokenizer.open(folder, 16))
                .isInstanceOf(StageException.class)
                .hasMessageContainingAll("tokenizer.json is missing", "save_pretrained");
    }

    @Test
    void aConfigOfAnotherWidthNamesTheFirstTensorThatDiffers() throws IOException {
        Assumptions.assumeTrue(Files.exists(MESSY) && Files.exists(MINILM), "no real weights here");
        Files.createSymbolicLink(
                folder.resolve("model.safetensors"),
                MINILM.resolve("model.safetensors").toRealPath());
        Files.copy(MESSY.resolve("config-wrong-hidden.json"), folder.resolve("config.json"));

        assertThatThrownBy(() ->
                        SequenceClassifier.check(folder, List.of("ham", "spam"), Problem.single_label_classification))
                .isInstanceOfSatisfying(
                        StageException.class, e -> assertThat(e.failure()).isEqualTo(FailureClass.InvalidData))
                .hasMessageContainingAll("embeddings.word_embeddings.weight", "[30522, 384]", "[30522, 768]");
    }
}
