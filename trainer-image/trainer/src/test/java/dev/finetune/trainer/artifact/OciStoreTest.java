package dev.finetune.trainer.artifact;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.finetune.api.Json;
import dev.finetune.api.PublishedModel;
import dev.finetune.trainer.source.OciFixture;
import dev.finetune.trainer.source.OciRepository;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OciStoreTest {
    @TempDir
    Path folder;

    private Path artifact;
    private Manifest manifest;

    @BeforeEach
    void writeAnArtifact() throws IOException {
        Path candidate = Files.createDirectories(folder.resolve("candidate"));
        Files.writeString(candidate.resolve("model.safetensors"), "weights");
        Files.writeString(candidate.resolve("config.json"), "{}");
        Files.write(folder.resolve("train-keys.bin"), new byte[16]);
        artifact = folder.resolve("artifact");
        ArtifactWriter writer = new ArtifactWriter(artifact);
        writer.copyModel(candidate, folder.resolve("train-keys.bin"));
        writer.write(Artifact.CARD, "# a model");
        manifest = writer.finish(Manifests::of);
    }

    @Test
    void publishesAnImageThatIsFetchedAgainAsTheSameArtefact() throws Exception {
        try (OciFixture registry = OciFixture.startDouble(folder)) {
            publishesAndFetches(registry);
        }
    }

    @Test
    void doesSoWithARealRegistry() throws Exception {
        try (OciFixture registry = OciFixture.startReal(folder)) {
            publishesAndFetches(registry);
        }
    }

    private void publishesAndFetches(OciFixture registry) {
        PublishedModel published = publisher(registry).publish(artifact);
        assertThat(published.storageUri()).matches("oci://" + registry.registry() + "/team/spam@sha256:[0-9a-f]{64}");
        assertThat(ArtifactCopy.of(
                        registry.sources(),
                        registry.location(published.storageUri()),
                        folder.resolve("copy"),
                        manifest.digest()))
                .isEqualTo(manifest);
        assertThat(folder.resolve("copy/model.safetensors")).hasContent("weights");
        assertThat(folder.resolve("copy/.packed")).doesNotExist();
        assertThat(ArtifactCopy.of(
                        registry.sources(),
                        registry.location("oci://" + registry.registry() + "/team/spam:" + manifest.digestHex()),
                        folder.resolve("by-tag"),
                        manifest.digest()))
                .isEqualTo(manifest);
        assertThat(publisher(registry).publish(artifact)).isEqualTo(published);
    }

    @Test
    void changesNothingWhenTheSameModelIsPublishedAgainByAnotherJob() throws Exception {
        try (OciFixture registry = OciFixture.startDouble(folder)) {
            PublishedModel first = publisher(registry).publish(artifact);
            // The same files, written at another time by another evaluation.
            String again = Files.readString(artifact.resolve(Artifact.MANIFEST)).replace("2026-01-01", "2026-02-02");
            Files.writeString(artifact.resolve(Artifact.MANIFEST), again);
            assertThat(publisher(registry).publish(artifact).storageUri()).isEqualTo(first.storageUri());
        }
    }

    @Test
    void makesTheSameImageWhateverTheClockAndTheOrderOfFiles() throws IOException {
        String first = ModelImage.of(artifact, manifest).manifest().digest();
        Path copy = Files.createDirectories(folder.resolve("other"));
        for (Path file : Artifact.files(artifact).reversed()) {
            Path other = Files.copy(file, copy.resolve(file.getFileName()));
            Files.setLastModifiedTime(other, FileTime.fromMillis(0));
        }
        assertThat(ModelImage.of(copy, manifest).manifest().digest()).isEqualTo(first);
    }

    @Test
    void isAnImageAsContainerRuntimesExpectIt() throws Exception {
        try (OciFixture registry = OciFixture.startDouble(folder)) {
            publisher(registry).publish(artifact);
            JsonNode image = registry.repository("team/spam")
                    .manifest(manifest.digestHex())
                    .orElseThrow()
                    .json();
            assertThat(image.at("/config/mediaType").asText()).isEqualTo("application/vnd.oci.image.config.v1+json");
            assertThat(image.path("layers")).hasSize(Artifact.files(artifact).size());
            assertThat(image.path("annotations")
                            .path("org.opencontainers.image.licenses")
                            .asText())
                    .isEqualTo("apache-2.0");
            ModelImage made = ModelImage.of(artifact, manifest);
            ByteArrayOutputStream config = new ByteArrayOutputStream();
            made.blobs().getLast().content().writeTo(config);
            JsonNode json = Json.MAPPER.readTree(config.toByteArray());
            assertThat(json.path("os").asText()).isEqualTo("linux");
            for (int i = 0; i < image.path("layers").size(); i++) {
                // Not compressed, so the layer's digest is the one of what is unpacked.
                assertThat(json.at("/rootfs/diff_ids/" + i).asText())
                        .isEqualTo(image.at("/layers/" + i + "/digest").asText());
            }
        }
    }

    @Test
    void refusesATagThatSomethingElseWrote() throws Exception {
        try (OciFixture registry = OciFixture.startDouble(folder)) {
            registry.repository("team/spam")
                    .tag(
                            OciRepository.Blob.of(
                                    "application/vnd.oci.image.index.v1+json",
                                    Json.write(Map.of("manifests", List.of())).getBytes()),
                            manifest.digestHex());
            assertThatThrownBy(() -> publisher(registry).publish(artifact))
                    .hasMessageContainingAll("something else wrote there", manifest.digest());
        }
    }

    private static Publisher publisher(OciFixture registry) {
        return new Publisher(
                new OciStore(name -> registry.repository("team/" + name)), "oci://" + registry.registry() + "/team");
    }
}
