package dev.finetune.trainer.serving;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.finetune.api.Answer;
import dev.finetune.trainer.serving.LoadedModel.Shape;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Bodies of any bytes are requests, or the client's fault. */
class RequestFuzzTest {
    private static final int CLIENTS_FAULT = 4;
    private static final List<Shape> SHAPES = List.of(
            new Shape(false, Answer.Label, List.of("ham", "spam")),
            new Shape(true, Answer.Number, List.of("score")),
            new Shape(false, Answer.Tags, List.of("B-PER", "I-PER", "O")),
            new Shape(true, false, Answer.Label, List.of("cat", "dog")));

    static Stream<byte[]> body() {
        return Stream.of(
                        "{\"inputs\":[{\"name\":\"text\",\"shape\":[1],\"datatype\":\"BYTES\",\"data\":[\"hello\"]}],\"id\":\"1\"}",
                        "{\"inputs\":[{\"name\":\"text\",\"shape\":[2,1],\"datatype\":\"BYTES\",\"data\":[\"a\",\"b\"]}],\"outputs\":[{\"name\":\"label\"}]}",
                        "[\"one\", \"two\"]",
                        "{\"text\": \"a\", \"textPair\": \"b\"}",
                        "{\"tokens\": [\"New\", \"York\"]}",
                        "{\"instances\": [\"aGVsbG8=\"]}",
                        "plain text")
                .map(t -> t.getBytes(StandardCharsets.UTF_8));
    }

    @MethodSource
    @FuzzTest(maxDuration = "10m")
    void body(byte[] body) {
        for (Shape shape : SHAPES) {
            if (shape.images()) {
                answered(() -> ImageBody.parse(body, "application/json"));
                answered(() -> ImageBody.parse(body, "image/jpeg"));
            } else {
                answered(() -> PredictBody.parse(body, "application/json", shape));
                answered(() -> PredictBody.parse(body, "text/plain; charset=utf-8", shape));
            }
            answered(() -> InferenceProtocol.parse(body, model(shape)));
        }
    }

    private static void answered(Runnable parse) {
        try {
            parse.run();
        } catch (ApiException e) {
            assertThat(e.status() / 100).isEqualTo(CLIENTS_FAULT);
            assertThat(e.getMessage()).isNotBlank();
        }
    }

    private static LoadedModel model(Shape shape) {
        return new LoadedModel(
                new LoadedModel.Identity("m", "1", "sha256:1"),
                shape,
                new LoadedModel.Pages("", new byte[0]),
                new FakePredictor());
    }
}
