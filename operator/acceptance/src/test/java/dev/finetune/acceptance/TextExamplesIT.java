package dev.finetune.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.finetune.api.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The examples of tagged words and of pairs of texts on a real node, as they are but for the number of pairs. */
@Order(2)
class TextExamplesIT {
    @RegisterExtension
    static final LocalCluster CLUSTER = LocalCluster.node();

    private static final Path EXAMPLES = Installation.checkout().resolve("examples");
    /** How many rows of each file, which has two to four times as many; each row that fits is followed by one that does not. */
    private static final Map<String, Integer> PAIRS =
            Map.of("train.csv", 1600, "validation.csv", 400, "test.csv", 1000);

    @TempDir
    static Path scratch;

    private static UserNamespace namespace;

    @BeforeAll
    static void installAndUpload() {
        namespace = UserNamespace.withClaims(CLUSTER, "text-examples");
        namespace.upload(Installation.example().resolve("data/minilm"), "models/base/minilm");
    }

    @Test
    void theWordsOfAnAddressAreTagged() throws Exception {
        Path example = EXAMPLES.resolve("03-us-addresses");
        Installation.run(example.resolve("fetch"), List.of(), "");
        namespace.kubectl(
                "create",
                "configmap",
                "us-addresses",
                "--from-file=" + example.resolve("data/train.conll"),
                "--from-file=" + example.resolve("data/test.conll"));
        namespace.kubectl("apply", "-f", example.resolve("job.yaml").toString());

        JsonNode job = namespace.published("us-addresses");

        assertThat(job.at("/status/evaluation/summary/beforeBaseline").asText()).isEqualTo("MajorityClass");
        assertThat(job.at("/status/dataset/findings").toString())
                .contains("\"Leakage\"")
                .contains("\"NearLeakage\"");
        JsonNode entities = ask("us-addresses", "text/plain", "221 N Michigan Ave Suite 400, Chicago, IL 60601")
                .path("entities");
        assertThat(entities)
                .extracting(entity ->
                        entity.path("type").asText() + " " + entity.path("text").asText())
                .contains("NUMBER 221", "CITY Chicago", "STATE IL", "ZIP 60601");
    }

    @Test
    void aDefinitionFitsASentenceOrNot() throws Exception {
        Path example = EXAMPLES.resolve("04-definitions");
        Installation.run(example.resolve("fetch"), List.of(), "");
        namespace.upload(someOf(example.resolve("data/pairs")), "models/data/definitions");
        namespace.kubectl("apply", "-f", example.resolve("job.yaml").toString());

        JsonNode job = namespace.published("definitions");

        assertThat(job.at("/status/evaluation/summary/beforeBaseline").asText()).isEqualTo("LinearProbe");
        assertThat(fits("a cereal grass with edible grains")).isEqualTo("yes");
        assertThat(fits("a person who plays a musical instrument")).isEqualTo("no");
    }

    private static String fits(String definition) throws IOException, InterruptedException {
        String pair = "{\"text\": \"wheat: they grow wheat and rye\", \"textPair\": \"%s\"}";
        return ask("definitions", "application/json", pair.formatted(definition))
                .path("label")
                .asText();
    }

    private static JsonNode ask(String deployment, String type, String body) throws IOException, InterruptedException {
        return Json.MAPPER.readTree(namespace.predict(deployment, type, body.getBytes(StandardCharsets.UTF_8)));
    }

    private static Path someOf(Path pairs) throws IOException {
        Path some = Files.createDirectory(scratch.resolve("pairs"));
        for (Map.Entry<String, Integer> file : PAIRS.entrySet()) {
            try (Stream<String> lines = Files.lines(pairs.resolve(file.getKey()))) {
                Files.write(
                        some.resolve(file.getKey()), (Iterable<String>) lines.limit(1L + file.getValue())::iterator);
            }
        }
        return some;
    }
}
