package dev.finetune.trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.finetune.api.Json;
import dev.finetune.api.MetricResult;
import dev.finetune.api.Task;
import dev.finetune.api.run.EvaluateResult;
import dev.finetune.trainer.TinyModel;
import dev.finetune.trainer.artifact.ArtifactVerifier;
import dev.finetune.trainer.artifact.GoldenRequest;
import dev.finetune.trainer.artifact.Manifest;
import dev.finetune.trainer.dataset.Workspace;
import dev.finetune.trainer.serving.ModelServer;
import dev.finetune.trainer.serving.ServerOptions;
import dev.finetune.trainer.source.SourceResolver;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Every task from a manifest to a served answer, on a tiny model and data that it can learn. */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class TaskLoopTest {
    @TempDir
    private Path folder;

    private final Random random = new Random(7);

    /** The label is the colour of the second text; the first names one as well, to no purpose. */
    @Test
    void pairsOfTextsAreClassified() throws Exception {
        StringBuilder csv = new StringBuilder("first,second,colour\n");
        for (int i = 0; i < 700; i++) {
            String colour = random.nextBoolean() ? "red" : "blue";
            csv.append(sentence(random.nextBoolean() ? "red" : "blue", i)).append(',');
            csv.append(sentence(colour, i)).append(',').append(colour).append('\n');
        }
        Path artifact = run("""
                task: TextPairClassification
                dataset:
                  columns: {text: first, textPair: second, label: colour}
                  imbalance: ClassWeights
                """, csv.toString(), """
                  primaryMetric: accuracy
                  gate: {minTestExamples: 50, rules: [{name: good, metric: accuracy, min: "0.85"}]}
                """);

        Manifest manifest = ArtifactVerifier.verify(artifact);
        assertThat(manifest.task()).isEqualTo(Task.TextPairClassification);
        assertThat(manifest.gatePassed()).as(manifest.gateMessage()).isTrue();
        assertThat(GoldenRequest.read(artifact))
                .isNotEmpty()
                .allSatisfy(g -> assertThat(g.textPair()).isNotNull());
        assertThat(Files.readString(artifact.resolve("README.md"))).contains("\"text_pair\": ");
        assertThat(Files.readString(artifact.resolve("report.html"))).contains("ClassWeights: ");

        JsonNode predicted = predict(artifact, "--text", "the red car", "--text-pair", "a blue door");
        assertThat(predicted.path("label").asText()).isEqualTo("blue");
        try (Served server = new Served(artifact)) {
            JsonNode one = server.post("/predict", """
                    {"text": "the red car", "textPair": "a blue door"}""", 200);
            assertThat(one.path("label").asText()).isEqualTo("blue");
            JsonNode two = server.post("/predict", """
                    [{"text": "a blue door", "textPair": "the red car"}, {"text": "the red car", "textPair": "a blue door"}]""", 200);
            assertThat(two.path("predictions").findValuesAsText("label")).containsExactly("red", "blue");
            JsonNode inferred = server.post("/v2/models/colours/infer", """
                    {"inputs": [{"name": "text", "datatype": "BYTES", "shape": [1], "data": ["the red car"]},
                                {"name": "textPair", "datatype": "BYTES", "shape": [1], "data": ["a blue door"]}]}""", 200);
            assertThat(inferred.at("/outputs/0/data/0").asText()).isEqualTo("blue");
            assertThat(server.post("/predict", "\"the red car\"", 400)
                            .path("error")
                            .asText())
                    .contains("textPair");
            assertThat(server.post("/v2/models/colours/infer", """
                    {"inputs": [{"name": "text", "datatype": "BYTES", "shape": [1], "data": ["the red car"]}]}""", 400)
                            .path("error")
                            .asText())
                    .contains("one named textPair");
            assertThat(server.get("/")).contains("id=\"pair\" required").doesNotContain("hidden disabled");
        }
    }

    /** A text has the label of each colour that it names: both, one, or none. */
    @Test
    void severalLabelsAreGiven() throws Exception {
        StringBuilder csv = new StringBuilder("text,colours\n");
        for (int i = 0; i < 1500; i++) {
            List<String> colours = new ArrayList<>();
            String text = sentence("the", i);
            for (String colour : List.of("red", "blue")) {
                if (random.nextInt(5) < 2) {
                    colours.add(colour);
                    text = random.nextBoolean() ? colour + " " + text : text + " " + colour;
                }
            }
            csv.append(text).append(',').append(String.join("|", colours)).append('\n');
        }
        Path artifact = run("""
                task: MultiLabelTextClassification
                dataset:
                  columns: {text: text, labels: colours}
                """, csv.toString(), """
                  metrics: [f1Macro, rocAuc]
                  baselines: [LinearProbe, MajorityClass]
                  gate:
                    minTestExamples: 50
                    rules:
                    - {name: good, metric: f1Micro, min: "0.9"}
                    - {name: whole-sets, metric: accuracy, min: "0.8"}
                    - {name: better-than-the-prior, metric: f1Macro, against: MajorityClass, minDelta: "0"}
                    - {name: no-label-lost, metric: recallPerClass, against: LinearProbe, maxDrop: "0.1"}
                """);

        Manifest manifest = ArtifactVerifier.verify(artifact);
        assertThat(manifest.task()).isEqualTo(Task.MultiLabelTextClassification);
        assertThat(manifest.labels()).containsExactly("blue", "red");
        assertThat(manifest.gatePassed()).as(manifest.gateMessage()).isTrue();
        assertThat(manifest.threshold()).isBetween(0.0, 1.0);
        assertThat(manifest.summary().metric()).isEqualTo("f1Micro");
        assertThat(manifest.metrics())
                .extracting(MetricResult::metric)
                .contains("accuracy", "f1Macro", "precisionWeighted", "rocAuc", "prAuc", "logLoss")
                .doesNotContain("balancedAccuracy", "mcc", "ece", "f1");
        assertThat(GoldenRequest.read(artifact))
                .extracting(GoldenRequest::label)
                .contains("[]", "[\"blue\"]", "[\"blue\",\"red\"]", "[\"red\"]");
        JsonNode config = Json.MAPPER.readTree(artifact.resolve("config.json").toFile());
        assertThat(config.path("problem_type").asText()).isEqualTo("multi_label_classification");
        assertThat(Files.readString(artifact.resolve("report.html")))
                .contains("A label is given from a score of", "Each class", "a label too many or too few")
                .doesNotContain("Confusion");
        assertThat(Files.readString(artifact.resolve("README.md")))
                .contains("A multi-label classifier of texts", "answer[\"score\"] >= ");

        JsonNode predicted = predict(artifact, "--text", "the red car is blue");
        assertThat(texts(predicted.path("labels"))).containsExactly("blue", "red");
        assertThat(predicted.path("scores").size()).isEqualTo(2);
        try (Served server = new Served(artifact)) {
            JsonNode list = server.post("/predict", "[\"the red car\", \"the car was very old\"]", 200);
            assertThat(texts(list.at("/predictions/0/labels"))).containsExactly("red");
            assertThat(list.at("/predictions/1/labels")).isEmpty();
            assertThat(list.at("/predictions/1/scores").has("blue")).isTrue();
            JsonNode inferred = server.post("/v2/models/colours/infer", """
                    {"inputs": [{"name": "text", "datatype": "BYTES", "shape": [2], "data": ["the red car", "the car was very old"]}]}""", 200);
            assertThat(inferred.at("/outputs/0/name").asText()).isEqualTo("labels");
            assertThat(inferred.at("/outputs/0/datatype").asText()).isEqualTo("BYTES");
            assertThat(texts(inferred.at("/outputs/0/data"))).containsExactly("[\"red\"]", "[]");
            assertThat(inferred.at("/outputs/1/shape").toString()).isEqualTo("[2,2]");
            assertThat(Json.MAPPER
                            .readTree(server.get("/v2/models/colours"))
                            .at("/parameters/threshold")
                            .asDouble())
                    .isEqualTo(manifest.threshold());
            assertThat(server.get("/metrics")).contains("finetune_predictions_total{label=\"red\"", "{label=\"\",");
        }
    }

    /** A text may name a colour, and "old" after it belongs to it: which colour it is of, only the text says. */
    @Test
    void entitiesAreFound() throws Exception {
        StringBuilder lines = new StringBuilder();
        List<String> fillers = TinyModel.WORDS.subList(6, TinyModel.WORDS.size()).stream()
                .filter(word -> !word.equals("old"))
                .toList();
        for (int i = 0; i < 1500; i++) {
            List<String> tokens = new ArrayList<>();
            List<String> tags = new ArrayList<>();
            String colour = random.nextBoolean() ? "red" : "blue";
            int place = random.nextInt(6);
            for (int w = 0; w < 5; w++) {
                if (w == place) {
                    tokens.add(colour);
                    tags.add("B-" + colour.toUpperCase(Locale.ROOT));
                    if (random.nextBoolean()) {
                        tokens.add("old");
                        tags.add("I-" + colour.toUpperCase(Locale.ROOT));
                    }
                }
                tokens.add(fillers.get(random.nextInt(fillers.size())));
                tags.add("O");
            }
            tokens.add(Integer.toString(i));
            tags.add("O");
            lines.append(Json.write(Map.of("words", tokens, "ner", tags))).append('\n');
        }
        Path artifact = run("""
                task: TokenClassification
                dataset:
                  columns: {tokens: words, tags: ner}
                """, "JSONLines", lines.toString(), """
                  baselines: [MajorityClass]
                  gate:
                    minTestExamples: 50
                    rules:
                    - {name: good, metric: f1Micro, min: "0.9"}
                    - {name: words, metric: accuracy, min: "0.9"}
                    - {name: better-than-the-words, metric: f1Micro, against: MajorityClass, minDelta: "0"}
                    - {name: no-type-lost, metric: recallPerClass, against: MajorityClass, maxDrop: "0.1"}
                """);

        Manifest manifest = ArtifactVerifier.verify(artifact);
        assertThat(manifest.task()).isEqualTo(Task.TokenClassification);
        assertThat(manifest.labels()).containsExactly("B-BLUE", "B-RED", "I-BLUE", "I-RED", "O");
        assertThat(manifest.gatePassed()).as(manifest.gateMessage()).isTrue();
        assertThat(manifest.summary().metric()).isEqualTo("f1Micro");
        assertThat(manifest.threshold()).isNull();
        assertThat(manifest.metrics())
                .extracting(MetricResult::metric)
                .contains("accuracy", "precisionMicro", "recallMicro", "f1Macro", "f1Weighted", "logLoss")
                .doesNotContain("balancedAccuracy", "mcc", "ece", "f1", "rocAuc");
        assertThat(GoldenRequest.read(artifact)).hasSize(64);
        JsonNode config = Json.MAPPER.readTree(artifact.resolve("config.json").toFile());
        assertThat(config.at("/architectures/0").asText()).isEqualTo("BertForTokenClassification");
        assertThat(Files.readString(artifact.resolve("report.html")))
                .contains("Each type of entity", "2</b><span>types of entities", "an entity that is missing")
                .doesNotContain("Confusion", "LinearProbe");
        assertThat(Files.readString(artifact.resolve("README.md")))
                .contains(
                        "pipeline_tag: token-classification",
                        "aggregation_strategy=\"first\"",
                        "A tagger of entities in texts");

        JsonNode predicted = predict(artifact, "--text", "The blue old door. Is a car");
        assertThat(predicted.path("entities").findValuesAsText("text")).containsExactly("blue old");
        try (Served server = new Served(artifact)) {
            JsonNode one = server.post("/predict", "\"was  the red old car, a house\"", 200);
            assertThat(one.path("entities")).hasSize(1);
            JsonNode found = one.at("/entities/0");
            assertThat(found.path("type").asText()).isEqualTo("RED");
            assertThat(found.path("text").asText()).isEqualTo("red old");
            assertThat(found.path("start").asInt()).isEqualTo(9);
            assertThat(found.path("end").asInt()).isEqualTo(16);
            assertThat(found.path("score").asDouble()).isBetween(0.5, 1.0);
            JsonNode list = server.post("/predict", """
                    [{"tokens": ["the", "red", "old"]}, "the new house"]""", 200);
            assertThat(list.at("/predictions/0/entities/0/end").asInt()).isEqualTo(11);
            assertThat(list.at("/predictions/1/entities").isArray()).isTrue();
            assertThat(list.at("/predictions/1/entities")).isEmpty();
            assertThat(server.post("/predict", """
                    {"tokens": ["red car"]}""", 400).path("error").asText())
                    .contains("tokens[0]: expected a word without a space");
            JsonNode inferred = server.post("/v2/models/colours/infer", """
                    {"inputs": [{"name": "text", "datatype": "BYTES", "shape": [2], "data": ["the red old car", "the new house"]}]}""", 200);
            assertThat(inferred.path("outputs")).hasSize(1);
            assertThat(inferred.at("/outputs/0/name").asText()).isEqualTo("entities");
            assertThat(inferred.at("/outputs/0/datatype").asText()).isEqualTo("BYTES");
            JsonNode entities =
                    Json.MAPPER.readTree(inferred.at("/outputs/0/data/0").asText());
            assertThat(entities.at("/0/text").asText()).isEqualTo("red old");
            assertThat(inferred.at("/outputs/0/data/1").asText()).isEqualTo("[]");
            assertThat(Json.MAPPER
                            .readTree(server.get("/v2/models/colours"))
                            .at("/outputs/0/name")
                            .asText())
                    .isEqualTo("entities");
            assertThat(server.get("/metrics")).contains("finetune_predictions_total{label=\"RED\"", "{label=\"\",");
            assertThat(server.get("/")).contains("labels: BLUE, RED");
        }
    }

    private static List<String> texts(JsonNode list) {
        List<String> texts = new ArrayList<>();
        list.forEach(text -> texts.add(text.asText()));
        return texts;
    }

    /** The number is 2 for red and -1 for blue, and a little more or less. */
    @Test
    void numbersArePredicted() throws Exception {
        StringBuilder csv = new StringBuilder("text,warmth\n");
        for (int i = 0; i < 700; i++) {
            boolean red = random.nextBoolean();
            double number = (red ? 2 : -1) + random.nextGaussian() / 10;
            csv.append(sentence(red ? "red" : "blue", i))
                    .append(',')
                    .append(number)
                    .append('\n');
        }
        Path words = Files.writeString(folder.resolve("words.txt"), "car, house, door\n");
        Path artifact = run("""
                task: TextRegression
                dataset:
                  columns: {text: text, label: warmth}
                  augmentation: [{type: SynonymReplacement}, {type: RandomSwap, probability: "0.2"}]
                  thesaurus: {storageUri: "file:words.txt"}
                """, csv.toString(), """
                  metrics: [spearman, mse]
                  gate:
                    minTestExamples: 50
                    rules:
                    - {name: correlated, metric: pearson, min: "0.9"}
                    - {name: near, metric: rmse, max: "0.6"}
                    - {name: better-than-the-mean, metric: mse, against: LinearProbe, maxDrop: "1"}
                """);

        Manifest manifest = ArtifactVerifier.verify(artifact);
        assertThat(manifest.task()).isEqualTo(Task.TextRegression);
        assertThat(manifest.gatePassed()).as(manifest.gateMessage()).isTrue();
        assertThat(manifest.summary().metric()).isEqualTo("pearson");
        assertThat(manifest.sources()).last().satisfies(source -> {
            assertThat(source.field()).isEqualTo("spec.dataset.thesaurus");
            assertThat(source.digest()).isEqualTo(Json.digest(Files.readAllBytes(words)));
        });
        assertThat(manifest.metrics())
                .extracting(MetricResult::metric)
                .containsExactlyInAnyOrder("pearson", "spearman", "mse", "rmse", "mae", "r2");
        assertThat(GoldenRequest.read(artifact)).hasSizeGreaterThan(30);
        JsonNode config = Json.MAPPER.readTree(artifact.resolve("config.json").toFile());
        assertThat(config.path("problem_type").asText()).isEqualTo("regression");
        assertThat(config.path("id2label").toString()).isEqualTo("{\"0\":\"score\"}");
        assertThat(Files.readString(artifact.resolve("report.html")))
                .contains("mean absolute error", "Exact sign test")
                .contains(
                        "<h2>Augmentation</h2>",
                        "SynonymReplacement (synonyms of the job",
                        "RandomSwap (probability 0.2)",
                        "<ins>",
                        "spec.dataset.thesaurus")
                .doesNotContain("Confusion", "Each class");
        assertThat(Files.readString(artifact.resolve("README.md"))).contains("A regression of texts");

        assertThat(predict(artifact, "--text", "the red car").path("score").asDouble())
                .isBetween(1.0, 3.0);
        try (Served server = new Served(artifact)) {
            assertThat(server.post("/predict", "\"a blue door\"", 200)
                            .path("score")
                            .asDouble())
                    .isBetween(-2.0, 0.0);
            JsonNode inferred = server.post("/v2/models/colours/infer", """
                    {"inputs": [{"name": "text", "datatype": "BYTES", "shape": [2], "data": ["the red car", "a blue door"]}]}""", 200);
            assertThat(inferred.path("outputs")).hasSize(1);
            assertThat(inferred.at("/outputs/0/name").asText()).isEqualTo("score");
            assertThat(inferred.at("/outputs/0/shape").toString()).isEqualTo("[2]");
            assertThat(inferred.at("/outputs/0/data/0").asDouble()).isGreaterThan(1);
            assertThat(server.get("/metrics")).contains("finetune_predicted_number_mean");
        }
    }

    /** A text of a few words that say nothing and the colour somewhere among them; no two are the same. */
    private String sentence(String colour, int number) {
        List<String> words = new ArrayList<>();
        for (int w = 0; w < 5; w++) {
            words.add(TinyModel.WORDS.get(6 + random.nextInt(TinyModel.WORDS.size() - 6)));
        }
        words.add(random.nextInt(words.size()), colour);
        // The tokenizer does not know numbers: they keep the texts apart and tell the model nothing.
        return String.join(" ", words) + " " + number;
    }

    /** Runs the job and gives the folder of what it published. */
    private Path run(String specAndColumns, String csv, String evaluation) throws Exception {
        return run(specAndColumns, "CSV", csv, evaluation);
    }

    private Path run(String specAndColumns, String format, String data, String evaluation) throws Exception {
        TinyModel.write(folder.resolve("model"));
        Files.writeString(folder.resolve("train.data"), data);
        String job = """
                apiVersion: finetune.dev/v1alpha1
                kind: FineTuneJob
                metadata: {name: colours}
                spec:
                """ + specAndColumns.indent(2) + """
                    format: %s
                    train: {storageUri: "file:train.data"}
                    validation: {fraction: "0.2"}
                    test: {fraction: "0.2"}
                """.formatted(format) + """
                  model: {storageUri: "file:model"}
                  training: {hyperparameters: {epochs: 8, batchSize: 16, learningRate: "3e-3"}}
                  output: {modelName: colours}
                  evaluation:
                """ + evaluation.indent(2);
        Path file = Files.writeString(folder.resolve("job.yaml"), job);
        Path store = Files.createDirectories(folder.resolve("models"));
        JobFile read = JobFileReader.read(file, Map.of());
        Path work = Files.createDirectories(folder.resolve("work"));
        LocalRun.Place place = new LocalRun.Place(
                new Workspace(work),
                store,
                new TextReporter(System.out, false, InstantSource.system()),
                InstantSource.system());
        EvaluateResult result = new LocalRun(
                        read, place, new Pipeline(SourceResolver.local(folder)), SignalGuard.detached(code -> {}))
                .run();
        String digest = result.model().digest();
        return store.resolve("colours").resolve(digest.substring(digest.indexOf(':') + 1));
    }

    private static JsonNode predict(Path artifact, String... question) throws IOException {
        PrintStream before = System.out;
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (PrintStream caught = new PrintStream(out, true, StandardCharsets.UTF_8)) {
            System.setOut(caught);
            List<String> arguments = new ArrayList<>(List.of("predict", artifact.toString(), "--all"));
            arguments.addAll(List.of(question));
            assertThat(Finetune.commandLine().execute(arguments.toArray(String[]::new)))
                    .isZero();
        } finally {
            System.setOut(before);
        }
        return Json.MAPPER.readTree(out.toString(StandardCharsets.UTF_8));
    }

    /** The artefact behind a real server. */
    private static final class Served implements AutoCloseable {
        private final ModelServer server;
        private final HttpClient client = HttpClient.newHttpClient();

        Served(Path artifact) {
            ServerOptions defaults = ServerOptions.DEFAULTS;
            server = ModelServer.start(
                    artifact,
                    new ServerOptions(0, null, 4, 8, defaults.timeout(), Duration.ZERO, Duration.ofSeconds(5)));
            server.ready().join();
        }

        JsonNode post(String path, String body, int status) throws IOException, InterruptedException {
            HttpResponse<String> response = client.send(
                    HttpRequest.newBuilder(uri(path))
                            .header("Content-Type", "application/json")
                            .POST(BodyPublishers.ofString(body))
                            .build(),
                    BodyHandlers.ofString());
            assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
            return Json.MAPPER.readTree(response.body());
        }

        String get(String path) throws IOException, InterruptedException {
            return client.send(HttpRequest.newBuilder(uri(path)).build(), BodyHandlers.ofString())
                    .body();
        }

        private URI uri(String path) {
            return URI.create("http://localhost:" + server.port() + path);
        }

        @Override
        public void close() throws InterruptedException {
            client.close();
            server.drain();
        }
    }
}
