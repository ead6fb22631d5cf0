package dev.finetune.trainer.serving;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.finetune.api.Answer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/** Bodies of any bytes are requests, or the client's fault. */
class RequestFuzzTest {
    private static final int CLIENTS_FAULT = 4;

    static Stream<byte[]> body() {
        return Stream.of(
                        "{\"inputs\":[{\"name\":\"text\",\"shape\":[1],\"datatype\":\"BYTES\",\"data\":[\"hello\"]}],\"id\":\"1\"}",
                        "{\"inputs\":[{\"name\":\"text\",\"shape\":[2,1],\"datatype\":\"BYTES\",\"data\":[\"a\",\"b\"]}],\"outputs\":[{\"name\":\"label\"}]}",
                        "[\"one\", \"two\"]",
                        "{\"text\": \"a\", \"textPair\": \"b\"}",
                        "plain text")
                .map(t -> t.getBytes(StandardCharsets.UTF_8));
    }

    @MethodSource
    @FuzzTest(maxDuration = "10m")
    void body(byte[] body) {
        for (boolean pairs : List.of(false, true)) {
            answered(() -> PredictBody.parse(body, "application/json", pairs));
            answered(() -> PredictBody.parse(body, "text/plain; charset=utf-8", pairs));
            answered(() -> InferenceProtocol.parse(body, model(pairs)));
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

    private static LoadedModel model(boolean pairs) {
        return new LoadedModel(
                new LoadedModel.Identity("m", "1", "sha256:1"),
                new LoadedModel.Shape(pairs, Answer.Label, List.of("ham", "spam")),
                new LoadedModel.Pages("", new byte[0]),
                new FakePredictor());
    }
}
