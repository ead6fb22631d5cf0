package dev.finetune.trainer.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.finetune.api.Json;
import dev.finetune.api.Task;
import dev.finetune.api.run.EvaluateResult;
import dev.finetune.trainer.ColouredShapes;
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
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** ImageClassification from a manifest to a served answer, on tiny networks and pictures that they can learn. */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class ImageLoopTest {
    @TempDir
    private Path folder;

    private Path work;
    private String augmentation = "";

    /** A network with batch norms learns from photos in a zip archive; a few of their labels are wrong. */
    @Test
    void aResNetLearnsFromAnArchiveAndIsServed() throws Exception {
        Path photos = folder.resolve("photos");
        ColouredShapes.write(photos, 150, 1);
        for (int i = 0; i < 12; i++) {
            ColouredShapes.put(photos.resolve("red/wrong" + i + ".png"), ColouredShapes.file("blue", 5000 + i, "png"));
        }
        Path artifact = run("resnet-basic", zip(photos, "photos.zip"), """
                strategy: {type: Full}
                hyperparameters: {epochs: 12, batchSize: 16, learningRate: "1e-2", seed: 1}
                """);

        Manifest manifest = ArtifactVerifier.verify(artifact);
        assertThat(manifest.task()).isEqualTo(Task.ImageClassification);
        assertThat(manifest.labels()).isEqualTo(ColouredShapes.COLOURS);
        assertThat(manifest.gatePassed()).as(manifest.gateMessage()).isTrue();
        JsonNode config = Json.MAPPER.readTree(artifact.resolve("config.json").toFile());
        assertThat(config.at("/architectures/0").asText()).isEqualTo("ResNetForImageClassification");
        assertThat(config.path("id2label").toString()).isEqualTo("{\"0\":\"blue\",\"1\":\"green\",\"2\":\"red\"}");
        JsonNode preparation = Json.MAPPER.readTree(
                artifact.resolve("preprocessor_config.json").toFile());
        assertThat(preparation.path("size").toString()).isEqualTo("{\"shortest_edge\":24}");
        assertThat(preparation.path("crop_size").toString()).isEqualTo("{\"height\":20,\"width\":20}");
        assertThat(preparation.at("/image_mean/0").asDouble()).isEqualTo(0.4);
        assertThat(artifact.resolve("tokenizer.json")).doesNotExist();
        assertThat(GoldenRequest.read(artifact))
                .hasSizeGreaterThan(10)
                .allSatisfy(golden -> assertThat(golden.image()).isNotNull());
        assertThat(Files.readString(artifact.resolve("report.html")))
                .contains(
                        "<img alt=\"\" src=\"data:image/jpeg;base64,",
                        "img-src data:",
                        "for one image, here",
                        "labels of train that look wrong",
                        "red/wrong",
                        "batchNorm")
                .doesNotContain("of all tokens", "characters");
        assertThat(Files.size(artifact.resolve("report.html"))).isLessThan(400_000);
        assertThat(Files.readString(artifact.resolve("README.md")))
                .contains(
                        "pipeline_tag: image-classification",
                        "pipeline(\"image-classification\"",
                        "A classifier of images")
                .doesNotContain("Texts are cut");

        Path photo = ColouredShapes.put(folder.resolve("new.jpg"), ColouredShapes.file("green", 9000, "jpg"));
        assertThat(predict(artifact, photo).path("label").asText()).isEqualTo("green");
        serves(artifact, Files.readAllBytes(photo));
    }

    @Test
    void theTestImagesLieApartFromWhatTrainSees() throws Exception {
        Path photos = folder.resolve("photos");
        ColouredShapes.write(photos, 60, 2);
        run("vit", photos, """
                strategy: {type: FeatureExtraction}
                hyperparameters: {epochs: 2}
                """);

        try (Stream<Path> seen = Files.walk(work.resolve("train"))) {
            assertThat(seen.filter(Files::isRegularFile)
                            .map(f -> f.getFileName().toString()))
                    .contains("train.jsonl", "train.images", "validation.jsonl", "validation.images")
                    .noneMatch(name -> name.startsWith("test"));
        }
        assertThat(work.resolve("test/test.images")).isNotEmptyFile();
        assertThat(work.resolve("test/.sources")).doesNotExist();
        byte[] train = Files.readAllBytes(work.resolve("train/train.images"));
        JsonNode first = Json.MAPPER.readTree(
                Files.readAllLines(work.resolve("test/test.jsonl")).getFirst());
        byte[] test = Files.readAllBytes(work.resolve("test/test.images"));
        int length = first.at("/image/length").asInt();
        assertThat(indexOf(train, test, length)).as("a test image in train").isNegative();
    }

    /** The file holds the images; prepare lays them out like those of folders. */
    @Test
    void imagesInsideOfAParquetFileAreTrainedOnAndServed() throws Exception {
        Path file = folder.resolve("colours.parquet");
        Files.copy(Path.of("src/test/resources/parquet/images.parquet"), file);
        Path artifact = run(
                "vit",
                "{format: Parquet, columns: {image: image, label: label}, checks: {minExamplesPerClass: 3}",
                file,
                """
                strategy: {type: FeatureExtraction}
                hyperparameters: {epochs: 2}
                """);

        assertThat(ArtifactVerifier.verify(artifact).labels()).isEqualTo(ColouredShapes.COLOURS);
        assertThat(work.resolve("train/train.images")).isNotEmptyFile();
        assertThat(work.resolve("test/.sources")).doesNotExist();
        Path photo = ColouredShapes.put(folder.resolve("new.png"), ColouredShapes.file("green", 9000, "png"));
        assertThat(predict(artifact, photo).path("label").asText()).isIn(ColouredShapes.COLOURS);
    }

    @Test
    void aVisionTransformerLearnsFromFolders() throws Exception {
        Path photos = folder.resolve("photos");
        ColouredShapes.write(photos, 150, 3);
        augmentation = ", augmentation: [{type: HorizontalFlip}, {type: ColorJitter, brightness: \"0.2\"}]";
        Path artifact = run("vit", photos, """
                strategy: {type: Full}
                hyperparameters: {epochs: 12, batchSize: 16, learningRate: "5e-3", seed: 1}
                """);

        Manifest manifest = ArtifactVerifier.verify(artifact);
        assertThat(manifest.gatePassed()).as(manifest.gateMessage()).isTrue();
        assertThat(Files.readString(artifact.resolve("report.html")))
                .contains(
                        "<h2>Augmentation</h2>",
                        "HorizontalFlip, ColorJitter (brightness 0.2)",
                        "<td class=\"image\"><img");
        Path photo = ColouredShapes.put(folder.resolve("new.bmp"), ColouredShapes.file("blue", 9000, "bmp"));
        assertThat(predict(artifact, photo).path("label").asText()).isEqualTo("blue");
    }

    private static int indexOf(byte[] all, byte[] part, int length) {
        for (int from = 0; from + length <= all.length; from++) {
            int i = 0;
            while (i < length && all[from + i] == part[i]) {
                i++;
            }
            if (i == length) {
                return from;
            }
        }
        return -1;
    }

    private static void serves(Path artifact, byte[] photo) throws Exception {
        ServerOptions defaults = ServerOptions.DEFAULTS;
        ModelServer server = ModelServer.start(
                artifact, new ServerOptions(0, null, 4, 8, defaults.timeout(), Duration.ZERO, Duration.ofSeconds(5)));
        try (HttpClient client = HttpClient.newHttpClient()) {
            server.ready().join();
            Client ask = new Client(client, URI.create("http://localhost:" + server.port()));
            String base64 = Base64.getEncoder().encodeToString(photo);

            assertThat(ask.post("/predict", "image/jpeg", photo, 200)
                            .path("label")
                            .asText())
                    .isEqualTo("green");
            assertThat(ask.json("/predict", "[\"" + base64 + "\"]", 200)
                            .at("/predictions/0/label")
                            .asText())
                    .isEqualTo("green");
            JsonNode inferred = ask.json(
                    "/v2/models/colours/infer",
                    "{\"inputs\": [{\"name\": \"image\", \"datatype\": \"BYTES\", \"shape\": [1], \"data\": [\""
                            + base64 + "\"]}]}",
                    200);
            assertThat(inferred.at("/outputs/0/data/0").asText()).isEqualTo("green");
            assertThat(ask.get("/v2/models/colours")).contains("\"name\":\"image\"");

            byte[] half = java.util.Arrays.copyOf(photo, photo.length / 2);
            assertThat(ask.post("/predict", "image/jpeg", half, 400)
                            .path("error")
                            .asText())
                    .contains("expected an image");
            assertThat(ask.json("/predict", "\"no base64!\"", 400).path("error").asText())
                    .contains("base64");
            assertThat(ask.post("/predict", "text/plain", "red".getBytes(StandardCharsets.UTF_8), 415)
                            .path("error")
                            .asText())
                    .contains("image/*");
            assertThat(ask.post("/predict", "image/png", new byte[0], 400)
                            .path("error")
                            .asText())
                    .contains("empty");
            byte[] large = new byte[2 << 20];
            assertThat(ask.post("/predict", "image/png", large, 400)
                            .path("error")
                            .asText())
                    .contains("of no known image format");
            assertThat(ask.get("/"))
                    .contains("<input type=\"file\" id=\"image\"", "Try an image")
                    .doesNotContain("{{");
        } finally {
            server.drain();
        }
    }

    private record Client(HttpClient http, URI server) {
        JsonNode json(String path, String body, int status) throws Exception {
            return post(path, "application/json", body.getBytes(StandardCharsets.UTF_8), status);
        }

        JsonNode post(String path, String type, byte[] body, int status) throws Exception {
            HttpResponse<String> response = http.send(
                    HttpRequest.newBuilder(server.resolve(path))
                            .header("Content-Type", type)
                            .POST(BodyPublishers.ofByteArray(body))
                            .build(),
                    BodyHandlers.ofString());
            assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
            return Json.MAPPER.readTree(response.body());
        }

        String get(String path) throws Exception {
            return http.send(HttpRequest.newBuilder(server.resolve(path)).build(), BodyHandlers.ofString())
                    .body();
        }
    }

    private static JsonNode predict(Path artifact, Path photo) throws IOException {
        PrintStream before = System.out;
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (PrintStream caught = new PrintStream(out, true, StandardCharsets.UTF_8)) {
            System.setOut(caught);
            assertThat(Finetune.commandLine().execute("predict", artifact.toString(), "--image", photo.toString()))
                    .isZero();
        } finally {
            System.setOut(before);
        }
        return Json.MAPPER.readTree(out.toString(StandardCharsets.UTF_8));
    }

    private Path zip(Path photos, String name) throws IOException {
        Path archive = folder.resolve(name);
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(archive));
                Stream<Path> all = Files.walk(photos)) {
            for (Path file : all.filter(Files::isRegularFile).sorted().toList()) {
                zip.putNextEntry(new ZipEntry("photos/" + photos.relativize(file)));
                zip.write(Files.readAllBytes(file));
            }
        }
        return archive;
    }

    /** Runs the job on a base model of the golden resources and gives the folder of what it published. */
    private Path run(String network, Path photos, String training) throws Exception {
        return run(network, "{format: ImageFolder", photos, training);
    }

    /** The same with data that the first members of spec.dataset describe. */
    private Path run(String network, String data, Path photos, String training) throws Exception {
        Path base = Path.of(
                ImageLoopTest.class.getResource("/golden/images/" + network).toURI());
        Path model = Files.createDirectories(folder.resolve("model"));
        for (String file : List.of("config.json", "model.safetensors")) {
            Files.copy(base.resolve(file), model.resolve(file));
        }
        String preparation = network.equals("vit")
                ? "{resize: {exact: [16, 16]}}"
                : "{resize: {shortest: 24}, crop: 20, resample: Bilinear, mean: [\"0.4\", \"0.4\", \"0.4\"], std: [\"0.3\", \"0.3\", \"0.3\"]}";
        Path file = Files.writeString(folder.resolve("job.yaml"), """
                apiVersion: finetune.dev/v1alpha1
                kind: FineTuneJob
                metadata: {name: colours}
                spec:
                  task: ImageClassification
                  model: {storageUri: "file:model"}
                  dataset: %s, train: {storageUri: "file:%s"}, validation: {fraction: "0.2"},
                    test: {fraction: "0.2"}, preprocessing: {image: %s}%s}
                  evaluation:
                    primaryMetric: accuracy
                    gate: {minTestExamples: 20, rules: [{name: good, metric: accuracy, min: "0.85"}]}
                  output: {modelName: colours}
                  training:
                %s""".formatted(
                        data, photos.getFileName(), preparation, augmentation, training.indent(4)));
        Path store = Files.createDirectories(folder.resolve("models"));
        work = Files.createDirectories(folder.resolve("work"));
        LocalRun.Place place = new LocalRun.Place(
                new Workspace(work),
                store,
                new TextReporter(System.out, false, InstantSource.system()),
                InstantSource.system());
        EvaluateResult result = new LocalRun(
                        JobFileReader.read(file, Map.of()),
                        place,
                        new Pipeline(SourceResolver.local(folder)),
                        SignalGuard.detached(code -> {}))
                .run();
        String digest = result.model().digest();
        return store.resolve("colours").resolve(digest.substring(digest.indexOf(':') + 1));
    }
}
