package dev.finetune.trainer.model;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.finetune.trainer.FuzzedFile;
import dev.finetune.trainer.transform.PreprocessorConfig;
import dev.finetune.trainer.transform.TextInput;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** The files beside a model's weights, of any bytes, are used or refused. */
class ModelFilesFuzzTest {
    private static final List<String> TEXT_MODELS = List.of("bert", "distilbert", "electra", "modernbert", "roberta");
    private static final List<TextInput> TEXTS = List.of(
            TextInput.of(""), TextInput.of("A quick \ud83d\ude80 \u0000 test"), TextInput.of("\ud83d".repeat(9)));

    static Stream<byte[]> config() {
        return TEXT_MODELS.stream().map(m -> FuzzedFile.bytes(Golden.folder(m).resolve("config.json")));
    }

    /** Beside the weights of a small BERT. */
    @MethodSource
    @FuzzTest(maxDuration = "10m")
    void config(byte[] file) throws IOException {
        Path folder = with("model.safetensors");
        FuzzedFile.read(folder.resolve("config.json"), file, f -> {
            Architectures.usablePositions(ModelConfig.read(folder));
            ModelConfig.read(folder).labels();
            Architectures.check(folder, Golden.LABELS, Problem.single_label_classification);
        });
    }

    static Stream<byte[]> tokenizer() {
        return TEXT_MODELS.stream()
                .map(m -> Golden.folder(m).resolve("tokenizer.json"))
                .filter(Files::exists)
                .map(FuzzedFile::bytes);
    }

    @MethodSource
    @FuzzTest(maxDuration = "10m")
    void tokenizer(byte[] file) throws IOException {
        Path folder = with("config.json");
        FuzzedFile.read(folder.resolve("tokenizer.json"), file, f -> {
            try (TextTokenizer tokenizer = TextTokenizer.open(folder, 16)) {
                tokenizer.encode(TEXTS);
            }
        });
    }

    static Stream<byte[]> tokenizerSettings() {
        return Stream.of("{\"model_max_length\": 512}", "{\"model_max_length\": 1e30}", "{\"model_max_length\": \"x\"}")
                .map(t -> t.getBytes(StandardCharsets.UTF_8));
    }

    @MethodSource
    @FuzzTest(maxDuration = "10m")
    void tokenizerSettings(byte[] file) throws IOException {
        Path folder = with("config.json");
        FuzzedFile.read(folder.resolve("tokenizer_config.json"), file, f -> TextTokenizer.defaultMaxLength(folder));
    }

    static Stream<byte[]> preprocessor() {
        return Stream.of(
                        "{\"image_processor_type\":\"ViTImageProcessor\",\"size\":{\"height\":8,\"width\":8},\"resample\":2,\"image_mean\":[0.5,0.5,0.5],\"image_std\":[0.5,0.5,0.5]}",
                        "{\"feature_extractor_type\":\"ConvNextFeatureExtractor\",\"size\":{\"shortest_edge\":224},\"crop_pct\":0.875}",
                        "{\"image_processor_type\":\"BitImageProcessor\",\"do_resize\":false,\"crop_size\":224,\"rescale_factor\":0}")
                .map(t -> t.getBytes(StandardCharsets.UTF_8));
    }

    @MethodSource
    @FuzzTest(maxDuration = "10m")
    void preprocessor(byte[] file) throws IOException {
        FuzzedFile.read(
                with("config.json").resolve("preprocessor_config.json"),
                file,
                f -> PreprocessorConfig.read(f, ModelConfig.json(f)));
    }

    /** A folder with that file of a small BERT. */
    private static Path with(String name) {
        Path folder = Folder.AT;
        try {
            if (Files.notExists(folder.resolve(name))) {
                Files.copy(Golden.folder("bert").resolve(name), folder.resolve(name));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return folder;
    }

    private static final class Folder {
        static final Path AT = FuzzedFile.folder();
    }
}
