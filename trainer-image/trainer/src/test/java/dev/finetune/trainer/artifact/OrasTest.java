package dev.finetune.trainer.artifact;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.finetune.api.Json;
import dev.finetune.api.PublishedModel;
import dev.finetune.trainer.source.OciFixture;
import dev.finetune.trainer.source.Oras;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What we read another client writes, and what we write it reads. */
class OrasTest {
    @TempDir
    Path folder;

    private OciFixture registry;
    private Oras oras;
    private Path work;

    @BeforeEach
    void start() throws IOException {
        registry = OciFixture.startReal(folder);
        work = Files.createDirectories(folder.resolve("work"));
        oras = Oras.in(work, registry);
    }

    @AfterEach
    void stop() throws Exception {
        if (registry != null) {
            registry.close();
        }
    }

    @Test
    void readsTheFilesAndFoldersThatItPushes() throws IOException {
        Files.writeString(work.resolve("train.csv"), "text,label\n");
        Files.writeString(Files.createDirectories(work.resolve("reviews/good")).resolve("1.txt"), "fine");
        oras.push("data:v1", "train.csv", "reviews");
        assertThat(data("data:v1/train.csv")).hasContent("text,label");
        assertThat(data("data:v1/reviews").resolve("good/1.txt")).hasContent("fine");
        assertThat(data("data:v1").resolve("reviews/good/1.txt")).hasContent("fine");
    }

    @Test
    void readsTheImageThatWePublish() throws IOException {
        Path artifact = Files.createDirectories(folder.resolve("artifact"));
        Files.writeString(artifact.resolve("model.safetensors"), "weights");
        Manifest manifest = Manifests.of(Artifact.fileDigests(artifact));
        Files.writeString(artifact.resolve(Artifact.MANIFEST), Json.write(manifest));
        PublishedModel published = new Publisher(
                        new OciStore(name -> registry.repository("team/" + name)),
                        "oci://" + registry.registry() + "/team")
                .publish(artifact);
        String image = String.valueOf(published.storageUri()).replaceFirst("oci://", "");
        oras.copyToLayout(image, "layout:v1");
        JsonNode index = Json.MAPPER.readTree(work.resolve("layout/index.json").toFile());
        assertThat(index.at("/manifests/0/digest").asText()).isEqualTo(image.replaceFirst(".*@", ""));
        assertThat(Files.list(work.resolve("layout/blobs/sha256")))
                .as("two layers, the configuration, the manifest")
                .hasSize(4);
    }

    private Path data(String reference) {
        return registry.sources()
                .data(
                        registry.location("oci://" + registry.registry() + "/" + reference),
                        folder.resolve("data-" + reference.replaceAll("\\W", "-")))
                .path();
    }
}
