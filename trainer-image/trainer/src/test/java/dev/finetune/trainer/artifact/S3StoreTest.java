package dev.finetune.trainer.artifact;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.api.PublishedModel;
import dev.finetune.api.run.StageException;
import dev.finetune.trainer.source.S3Fixture;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class S3StoreTest {
    @TempDir
    Path folder;

    private S3Fixture s3;
    private Path artifact;
    private Manifest manifest;
    private Publisher publisher;

    @BeforeEach
    void writeAnArtifact() throws IOException {
        s3 = S3Fixture.start(folder);
        Path candidate = Files.createDirectories(folder.resolve("candidate"));
        Files.writeString(candidate.resolve("model.safetensors"), "weights");
        Files.writeString(candidate.resolve("config.json"), "{}");
        Files.write(folder.resolve("train-keys.bin"), new byte[16]);
        artifact = folder.resolve("artifact");
        ArtifactWriter writer = new ArtifactWriter(artifact);
        writer.copyModel(candidate, folder.resolve("train-keys.bin"));
        writer.write(Artifact.CARD, "# a model");
        manifest = writer.finish(Manifests::of);
        publisher = new Publisher(new S3Store(s3.folder("team")), "s3://data/team");
    }

    @AfterEach
    void stop() {
        s3.close();
    }

    @Test
    void isCompleteOnlyWithItsManifestWhichComesLast() throws IOException {
        PublishedModel published = publisher.publish(artifact);
        assertThat(published.storageUri()).isEqualTo("s3://data/team/spam/" + manifest.digestHex());
        List<String> puts = s3.requests("PUT");
        assertThat(puts).hasSize(5).last().asString().endsWith("/manifest.json");
        assertThat(ArtifactCopy.of(
                        s3.sources(),
                        s3.location("team/spam/" + manifest.digestHex()),
                        folder.resolve("copy"),
                        manifest.digest()))
                .isEqualTo(manifest);
    }

    @Test
    void changesNothingWhenItIsPublishedAgain() {
        PublishedModel first = publisher.publish(artifact);
        s3.forgetRequests();
        assertThat(publisher.publish(artifact)).isEqualTo(first);
        assertThat(s3.requests("PUT")).isEmpty();
    }

    @Test
    void isNoArtefactWhereItBrokeOffAndIsCompletedByTheNextAttempt() {
        s3.failAfterPuts(2);
        assertThatThrownBy(() -> publisher.publish(artifact)).isInstanceOf(StageException.class);
        assertThat(s3.keys()).noneMatch(k -> k.endsWith("manifest.json"));
        s3.answerAgain();
        publisher.publish(artifact);
        assertThat(s3.keys()).hasSize(5).anyMatch(k -> k.endsWith("manifest.json"));
    }

    @Test
    void refusesAFolderThatHoldsAnotherManifest() throws IOException {
        publisher.publish(artifact);
        s3.replace(
                "team/spam/" + manifest.digestHex() + "/manifest.json",
                dev.finetune.api.Json.write(Manifests.of(java.util.Map.of("x", "sha256:0"))));
        assertThatThrownBy(() -> publisher.publish(artifact))
                .hasMessageContainingAll("something else wrote there", manifest.digest());
    }

    @Test
    void refusesACopyOfAnotherModel() {
        publisher.publish(artifact);
        s3.replace("team/spam/" + manifest.digestHex() + "/config.json", "{ }");
        assertThatThrownBy(() -> ArtifactCopy.of(
                        s3.sources(),
                        s3.location("team/spam/" + manifest.digestHex()),
                        folder.resolve("copy"),
                        manifest.digest()))
                .hasMessageContaining("config.json");
    }
}
