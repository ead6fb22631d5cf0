package dev.finetune.trainer.artifact;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.finetune.api.FailureClass;
import dev.finetune.api.Json;
import dev.finetune.api.PublishedModel;
import dev.finetune.api.run.StageException;
import dev.finetune.trainer.storage.DurableFiles;
import dev.finetune.trainer.storage.FileDigest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ArtifactTest {
    @TempDir
    Path folder;

    private Path artifact;
    private Path store;
    private Manifest manifest;

    @BeforeEach
    void writeAnArtifact() throws IOException {
        Path candidate = Files.createDirectories(folder.resolve("candidate"));
        Files.writeString(candidate.resolve("model.safetensors"), "weights");
        Files.writeString(candidate.resolve("config.json"), "{}");
        Files.writeString(candidate.resolve("training.json"), "{}");
        Files.write(folder.resolve("train-keys.bin"), new byte[16]);
        artifact = folder.resolve("artifact");
        store = Files.createDirectories(folder.resolve("store"));
        ArtifactWriter writer = new ArtifactWriter(artifact);
        writer.copyModel(candidate, folder.resolve("train-keys.bin"));
        writer.write(Artifact.CARD, "# a model");
        manifest = writer.finish(Manifests::of);
    }

    @Test
    void holdsTheFilesOfTheCandidateAndAManifestThatListsThem() throws IOException {
        assertThat(manifest.files())
                .containsOnlyKeys("README.md", "config.json", "model.safetensors", "train-keys.bin");
        assertThat(ArtifactVerifier.verify(artifact, manifest.digest())).isEqualTo(manifest);
        assertThat(manifest.version()).hasSize(12);
    }

    @Test
    void whatWasPublishedBeforeSourcesWereToldIsReadAsBefore() throws IOException {
        ObjectNode old = (ObjectNode)
                Json.MAPPER.readTree(artifact.resolve(Artifact.MANIFEST).toFile());
        old.remove("sources");
        Files.write(artifact.resolve(Artifact.MANIFEST), Json.MAPPER.writeValueAsBytes(old));

        assertThat(ArtifactVerifier.verify(artifact, manifest.digest()).sources())
                .isNull();
    }

    @Test
    void isPublishedUnderItsDigestAndPublishingAgainChangesNothing() throws IOException {
        Publisher publisher = new Publisher(store, "pvc://models/team/");

        PublishedModel first = publisher.publish(artifact);
        PublishedModel second = publisher.publish(artifact);

        assertThat(second).isEqualTo(first);
        assertThat(first.storageUri()).isEqualTo("pvc://models/team/spam/" + manifest.digestHex());
        assertThat(first.version()).isEqualTo(manifest.digestHex().substring(0, 12));
        Path published = store.resolve("spam").resolve(manifest.digestHex());
        assertThat(ArtifactVerifier.verify(published)).isEqualTo(manifest);
        assertThat(Files.list(store.resolve("spam"))).containsExactly(published);
    }

    @Test
    void aCopyThatWasInterruptedIsReplaced() throws IOException {
        Path half =
                Files.createDirectories(store.resolve("spam").resolve(DurableFiles.UNFINISHED + manifest.digestHex()));
        Files.writeString(half.resolve("model.safetensors"), "wei");

        new Publisher(store, "pvc://models").publish(artifact);

        assertThat(Files.list(store.resolve("spam")))
                .containsExactly(store.resolve("spam").resolve(manifest.digestHex()));
    }

    @Test
    void aChangedFileIsNamed() throws IOException {
        Files.writeString(artifact.resolve("config.json"), "{ }");

        assertThatThrownBy(() -> ArtifactVerifier.verify(artifact))
                .isInstanceOfSatisfying(
                        StageException.class, e -> assertThat(e.failure()).isEqualTo(FailureClass.DigestMismatch))
                .hasMessageContaining("config.json");
    }

    @Test
    void aMissingFileIsNamed() throws IOException {
        Files.delete(artifact.resolve("model.safetensors"));

        assertThatThrownBy(() -> ArtifactVerifier.verify(artifact)).hasMessageContaining("no file");
    }

    @Test
    void withoutAManifestThereIsNoArtifact() throws IOException {
        Files.delete(artifact.resolve("manifest.json"));

        assertThatThrownBy(() -> ArtifactVerifier.verify(artifact))
                .isInstanceOfSatisfying(
                        StageException.class, e -> assertThat(e.failure()).isEqualTo(FailureClass.SourceUnavailable));
    }

    @Test
    void aManifestOfAnotherVersionIsRefused() throws IOException {
        Files.writeString(artifact.resolve("manifest.json"), "{\"manifestVersion\": 2}");

        assertThatThrownBy(() -> ArtifactVerifier.verify(artifact)).hasMessageContaining("got 2");
    }

    @Test
    void aListThatWasChangedTogetherWithItsFileIsRefused() throws IOException {
        Files.writeString(artifact.resolve("config.json"), "{ }");
        String changed = Files.readString(artifact.resolve("manifest.json"))
                .replace(manifest.files().get("config.json"), FileDigest.of(artifact.resolve("config.json")));
        Files.writeString(artifact.resolve("manifest.json"), changed);

        assertThatThrownBy(() -> ArtifactVerifier.verify(artifact)).hasMessageContaining("the file list");
    }

    @Test
    void aManifestCannotPointOutOfItsFolder() throws IOException {
        Map<String, String> files = Map.of("../secret", "sha256:00");
        Files.writeString(artifact.resolve("manifest.json"), dev.finetune.api.Json.write(Manifests.of(files)));

        assertThatThrownBy(() -> ArtifactVerifier.verify(artifact)).hasMessageContaining("plain file names");
    }

    @Test
    void aStoreThatCannotBeWrittenIsAStorageFailure() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "");

        assertThatThrownBy(() -> new Publisher(file, "pvc://models").publish(artifact))
                .isInstanceOfSatisfying(
                        StageException.class, e -> assertThat(e.failure()).isEqualTo(FailureClass.StorageUnavailable));
    }

    @Test
    void goldenRequestsAgreeOnlyOnTheSameLabelAndNearlyTheSameScores() throws IOException {
        GoldenRequest golden = new GoldenRequest("win a prize", null, "spam", List.of(0.1, 0.9));
        GoldenRequest.write(artifact, List.of(golden));

        assertThat(GoldenRequest.read(artifact)).containsExactly(golden);
        assertThat(golden.agrees("spam", new double[] {0.1005, 0.8995})).isTrue();
        assertThat(golden.agrees("ham", new double[] {0.1, 0.9})).isFalse();
        assertThat(golden.agrees("spam", new double[] {0.102, 0.898})).isFalse();
        assertThat(golden.agrees("spam", new double[] {Double.NaN, 0.9})).isFalse();
    }
}
