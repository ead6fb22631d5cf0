package dev.finetune.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.finetune.api.Json;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The example of images on a real node, as its README says, to what its README shows. */
@Order(2)
class ImageExampleIT {
    @RegisterExtension
    static final LocalCluster CLUSTER = LocalCluster.node();

    @Test
    void imagesOfDigitsBecomeAModelThatIsProvenBetterThanTheProbeAndServed() throws Exception {
        Path example = Installation.checkout().resolve("examples/02-images");
        Installation.run(example.resolve("fetch"), List.of(), "");
        UserNamespace namespace = UserNamespace.withClaims(CLUSTER, "images");
        namespace.upload(example.resolve("data"), "models/inputs/digits");
        namespace.kubectl("apply", "-f", example.resolve("job.yaml").toString());

        JsonNode job = namespace.published("digits");

        JsonNode summary = job.at("/status/evaluation/summary");
        assertThat(summary.path("beforeBaseline").asText()).isEqualTo("LinearProbe");
        assertThat(summary.path("after").asDouble()).isGreaterThan(0.95);
        try (ZipFile digits = new ZipFile(example.resolve("data/test.zip").toFile())) {
            int right = 0;
            List<? extends ZipEntry> some = digits.stream()
                    .filter(e -> e.getName().endsWith("4.png"))
                    .limit(50)
                    .toList();
            for (ZipEntry digit : some) {
                byte[] png = digits.getInputStream(digit).readAllBytes();
                JsonNode answer = Json.MAPPER.readTree(namespace.predict("digits", "image/png", png));
                right += answer.path("label").asText().equals(digit.getName().substring(0, 1)) ? 1 : 0;
            }
            assertThat(right).isGreaterThan(45);
        }
        assertThat(UserNamespace.answer(namespace.to("digits", "/report").build()))
                .contains("<h1>", "LinearProbe", "waited for data");
    }
}
