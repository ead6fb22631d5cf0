package dev.finetune.trainer.serving;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class ProtocolTest {
    private static RunningServer server;

    @BeforeAll
    static void start() {
        server = RunningServer.start();
    }

    @AfterAll
    static void stop() throws Exception {
        server.close();
    }

    @Test
    void tellsThatItIsAliveAndReady() {
        assertThat(server.get("/v2/health/live").expect(200).json().path("live").asBoolean())
                .isTrue();
        assertThat(server.get("/v2/health/ready")
                        .expect(200)
                        .json()
                        .path("ready")
                        .asBoolean())
                .isTrue();
        assertThat(server.get("/v2/models/sms/ready")
                        .expect(200)
                        .json()
                        .path("name")
                        .asText())
                .isEqualTo("sms");
        assertThat(server.get("/v2").expect(200).json().path("name").asText()).isEqualTo("finetune");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/v2/models/sms",
                "/v2/models/sms/versions/0123456789ab",
                "/v2/models/sms/versions/0123456789abcdef"
            })
    void describesTheModel(String path) {
        var json = server.get(path).expect(200).json();

        assertThat(json.path("name").asText()).isEqualTo("sms");
        assertThat(json.path("versions").get(0).asText()).isEqualTo("0123456789ab");
        assertThat(json.path("inputs").toString())
                .isEqualTo("[{\"name\":\"text\",\"datatype\":\"BYTES\",\"shape\":[-1]}]");
        assertThat(json.path("outputs").toString())
                .isEqualTo("[{\"name\":\"label\",\"datatype\":\"BYTES\",\"shape\":[-1]},"
                        + "{\"name\":\"probabilities\",\"datatype\":\"FP32\",\"shape\":[-1,2]}]");
        assertThat(json.path("parameters").path("model_digest").asText()).isEqualTo(RunningServer.DIGEST);
    }

    @Test
    void infersInTheOrderOfTheInputs() throws Exception {
        var json =
                server.infer(List.of("spam a", "hello", "spam b")).expect(200).json();

        assertThat(json.path("model_name").asText()).isEqualTo("sms");
        assertThat(json.path("model_version").asText()).isEqualTo("0123456789ab");
        assertThat(json.path("outputs").get(0).toString())
                .isEqualTo(
                        "{\"name\":\"label\",\"datatype\":\"BYTES\",\"shape\":[3],\"data\":[\"spam\",\"ham\",\"spam\"]}");
        assertThat(json.path("outputs").get(1).toString())
                .isEqualTo("{\"name\":\"probabilities\",\"datatype\":\"FP32\",\"shape\":[3,2],"
                        + "\"data\":[0.25,0.75,0.875,0.125,0.25,0.75]}");
    }

    @Test
    void givesTheIdBackAndOnlyTheOutputsAskedFor() {
        var json = server.post("/v2/models/sms/versions/0123456789ab/infer", "application/json", """
                        {"id": "42", "parameters": {"trace": true},
                         "inputs": [{"name": "text", "datatype": "BYTES", "shape": [1, 1], "data": [["spam"]]}],
                         "outputs": [{"name": "probabilities"}]}
                        """)
                .expect(200)
                .json();

        assertThat(json.path("id").asText()).isEqualTo("42");
        assertThat(json.path("outputs")).hasSize(1);
        assertThat(json.path("outputs").get(0).path("name").asText()).isEqualTo("probabilities");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "{} | inputs: expected one tensor named text, got none",
                "[] | expected an object with inputs",
                "{\"inputs\":[],\"x\":1} | x: unknown field",
                "{\"inputs\":[{\"name\":\"txt\",\"datatype\":\"BYTES\",\"shape\":[1],\"data\":[\"a\"]}]} | inputs[0].name: expected text, got \"txt\"",
                "{\"inputs\":[{\"name\":\"text\",\"datatype\":\"FP32\",\"shape\":[1],\"data\":[1]}]} | inputs[0].datatype: expected BYTES",
                "{\"inputs\":[{\"name\":\"text\",\"datatype\":\"BYTES\",\"shape\":[2],\"data\":[\"a\"]}]} | inputs[0].shape: [2] has 2 elements, data has 1",
                "{\"inputs\":[{\"name\":\"text\",\"datatype\":\"BYTES\",\"shape\":[0],\"data\":[]}]} | expected at least one text",
                "{\"inputs\":[{\"name\":\"text\",\"datatype\":\"BYTES\",\"shape\":[-1],\"data\":[\"a\"]}]} | inputs[0].shape: [-1] has -1 elements",
                "{\"inputs\":[{\"name\":\"text\",\"datatype\":\"BYTES\",\"shape\":[1,2],\"data\":[\"a\",\"b\"]}]} | expected [n] or [n, 1]",
                "{\"inputs\":[{\"name\":\"text\",\"datatype\":\"BYTES\",\"shape\":[1],\"data\":[7]}]} | inputs[0].data[0]: expected a string, got number",
                "{\"inputs\":[{\"name\":\"text\",\"datatype\":\"BYTES\",\"shape\":[1]}]} | inputs[0].data: expected a list",
                "{\"inputs\":[{\"name\":\"text\",\"datatype\":\"BYTES\",\"shape\":[1],\"data\":[\"\\ud800\"]}]} | half of a surrogate pair",
                "{\"inputs\":[{\"name\":\"text\",\"datatype\":\"BYTES\",\"shape\":[1],\"data\":[\"a\"]}],\"outputs\":[{\"name\":\"y\"}]} | outputs[0].name: expected label or probabilities",
                "{\"inputs\": | not valid JSON at line 1",
                "{\"id\":1,\"id\":2} | Duplicate"
            })
    void refusesWhatTheProtocolDoesNotAllowAndSaysWhy(String body, String message) {
        var answer =
                server.post("/v2/models/sms/infer", "application/json", body).expect(400);

        assertThat(answer.error()).contains(message);
    }

    @Test
    void knowsOnlyItsOwnModelAndVersion() {
        assertThat(server.get("/v2/models/other").expect(404).error()).contains("served: sms version 0123456789ab");
        server.get("/v2/models/sms/versions/0123").expect(404);
        server.get("/v2/models/sms/versions/ffffffffffff/ready").expect(404);
        assertThat(server.get("/nothing").expect(404).error()).contains("nothing is at /nothing");
    }

    @Test
    void namesTheMethodThatAnAddressTakes() {
        var answer = server.get("/v2/models/sms/infer").expect(405);

        assertThat(answer.response().headers().firstValue("Allow")).contains("POST");
        server.post("/metrics", "text/plain", "x").expect(405);
    }

    @Test
    void predictsARawText() {
        var json = server.predict("spam, isn't it?").expect(200).json();

        assertThat(json.path("label").asText()).isEqualTo("spam");
        assertThat(json.path("probability").asDouble()).isEqualTo(0.75);
        assertThat(json.path("scores").toString()).isEqualTo("{\"ham\":0.25,\"spam\":0.75}");
        assertThat(json.path("model_name").asText()).isEqualTo("sms");
        assertThat(json.path("model_version").asText()).isEqualTo("0123456789ab");
        assertThat(json.path("model_digest").asText()).isEqualTo(RunningServer.DIGEST);
    }

    @Test
    void takesTheTypeThatCurlSendsByItself() {
        assertThat(server.post("/predict", "application/x-www-form-urlencoded", "spam=1&2")
                        .expect(200)
                        .json()
                        .path("label")
                        .asText())
                .isEqualTo("spam");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "\"spam\" | spam",
                "{\"inputs\":\"spam\"} | spam",
                "{\"instances\":\"hello\"} | ham",
            })
    void predictsAJsonString(String body, String label) {
        assertThat(server.post("/predict", "application/json", body)
                        .expect(200)
                        .json()
                        .path("label")
                        .asText())
                .isEqualTo(label);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[\"spam\",\"hello\"]",
                "{\"inputs\":[\"spam\",\"hello\"]}",
                "{\"instances\":[\"spam\",\"hello\"]}"
            })
    void predictsAList(String body) {
        var predictions = server.post("/predict", "application/json; charset=utf-8", body)
                .expect(200)
                .json()
                .path("predictions");

        assertThat(predictions.findValuesAsText("label")).containsExactly("spam", "ham");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "application/json | 7 | expected a string",
                "application/json | [] | expected at least one text",
                "application/json | {\"text\":\"a\"} | text: unknown field; known here: inputs, instances",
                "application/json | {\"inputs\":{\"a\":1}} | inputs: expected a string or a list",
                "application/json | {} | expected a string, a list",
                "text/plain | ~ ~ | got an empty body"
            })
    void refusesWhatIsNoText(String type, String body, String message) {
        assertThat(server.post("/predict", type, body).expect(400).error()).contains(message);
    }

    @Test
    void refusesOtherMediaTypes() {
        assertThat(server.post("/predict", "image/png", "x").expect(415).error())
                .contains("text/plain or application/json");
    }

    @Test
    void showsAPageWithTheEscapedCardAndTheReport() {
        var page = server.get("/").expect(200).response();

        assertThat(page.headers().firstValue("Content-Type")).contains("text/html; charset=utf-8");
        assertThat(page.headers().firstValue("Content-Security-Policy").orElse(""))
                .contains("default-src 'none'");
        assertThat(page.body())
                .contains("<h2>Card of &lt;sms&gt;</h2>")
                .doesNotContain("{{")
                .contains("0123456789ab");
        assertThat(server.get("/report").expect(200).response().body()).isEqualTo("<p>report</p>");
    }

    @Test
    void countsWhatItDid() throws Exception {
        server.infer(List.of("spam", "hello")).expect(200);
        server.post("/predict", "image/png", "x").expect(415);

        String metrics = server.get("/metrics").expect(200).response().body();

        assertThat(metrics)
                .contains("request_predict_seconds_count{model_name=\"sms\",model_version=\"0123456789ab\"}")
                .contains("finetune_request_seconds_count{code=\"200\",model_name=\"sms\"")
                .contains("finetune_request_seconds_count{code=\"415\"")
                .contains("finetune_batch_size_bucket{")
                .contains("finetune_predictions_total{label=\"spam\"")
                .contains("finetune_queue_size 0")
                .contains("finetune_model_info{");
    }
}
