package dev.finetune.trainer.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.api.BaseModelSource;
import dev.finetune.api.FailureClass;
import dev.finetune.api.Json;
import dev.finetune.api.run.StageException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.assertj.core.api.AbstractThrowableAssert;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SourceResolverTest {
    @TempDir
    Path root;

    private SourceResolver pod;
    private Path claim;

    @BeforeEach
    void mountAsAPodDoes() throws IOException {
        pod = SourceResolver.below(root, new HttpsFetcher());
        claim = Files.createDirectories(root.resolve("pvc/data"));
        Files.writeString(claim.resolve("train.csv"), "text,label\n");
        Files.writeString(root.resolve("secret"), "outside");
    }

    @Test
    void usesAMountedFileWhereItLies() {
        assertThat(file("pvc://data/train.csv")).hasContent("text,label");
    }

    @Test
    void usesAMountedFolderWhereItLiesAndUnpacksAnArchiveBelowTheScratchFolder() throws IOException {
        assertThat(file("pvc://data")).isEqualTo(claim.toRealPath());
        try (OutputStream gzip = new GZIPOutputStream(Files.newOutputStream(claim.resolve("train.csv.gz")))) {
            gzip.write("text,label\n".getBytes(StandardCharsets.UTF_8));
        }
        assertThat(file("pvc://data/train.csv.gz"))
                .isEqualTo(root.resolve("scratch/unpacked"))
                .isDirectoryContaining("glob:**train.csv");
    }

    @Test
    void takesTheDigestOfAMountedArchiveOnTheWay() throws IOException {
        try (OutputStream gzip = new GZIPOutputStream(Files.newOutputStream(claim.resolve("train.csv.gz")))) {
            gzip.write("text,label\n".getBytes(StandardCharsets.UTF_8));
        }
        assertThat(data("pvc://data/train.csv.gz").contents())
                .isEqualTo(new Contents(
                        Json.digest(Files.readAllBytes(claim.resolve("train.csv.gz"))),
                        1,
                        Files.size(claim.resolve("train.csv.gz"))));
        assertThat(data("pvc://data/train.csv").contents()).isNull();
    }

    @Test
    void followsTheLinksThatAConfigMapVolumeIsMadeOf() throws IOException {
        Path map = Files.createDirectories(root.resolve("configmap/reviews/..2026"));
        Files.writeString(map.resolve("test.csv"), "x");
        Files.createSymbolicLink(map.resolveSibling("..data"), Path.of("..2026"));
        Files.createSymbolicLink(map.resolveSibling("test.csv"), Path.of("..data/test.csv"));
        assertThat(file("configmap://reviews/test.csv")).hasContent("x");
    }

    @Test
    void saysWhatIsMissing() throws IOException {
        assertFails(FailureClass.SourceUnavailable, () -> file("pvc://data/tset.csv"))
                .hasMessageContainingAll("claim 'data'", "'tset.csv'");
        assertFails(FailureClass.SourceUnavailable, () -> file("pvc://nowhere/x"))
                .hasMessageContainingAll("claim 'nowhere'", "does not exist in the job's namespace");
    }

    /** The volume of a ConfigMap is optional, so that this stage can say it: what does not exist is mounted empty. */
    @Test
    void tellsAConfigMapThatDoesNotExistFromAKeyThatItLacks() throws IOException {
        Path mount = Files.createDirectories(root.resolve("configmap/reviews"));
        Files.createDirectories(mount.resolve("..2026"));
        Files.createSymbolicLink(mount.resolve("..data"), Path.of("..2026"));
        assertFails(FailureClass.SourceUnavailable, () -> file("configmap://reviews/test.csv"))
                .hasMessageContainingAll(
                        "ConfigMap 'reviews'", "does not exist in the job's namespace, or is empty", "'test.csv'");
        Files.writeString(mount.resolve("train.csv"), "x");
        assertFails(FailureClass.SourceUnavailable, () -> file("configmap://reviews/test.csv"))
                .hasMessageContainingAll("ConfigMap 'reviews'", "it holds no 'test.csv'");
    }

    @Test
    void neverLeavesTheClaimThroughALink() throws IOException {
        Files.createSymbolicLink(claim.resolve("out.csv"), root.resolve("secret"));
        Files.createSymbolicLink(claim.resolve("up"), root);
        assertFails(FailureClass.SourceUnavailable, () -> file("pvc://data/out.csv"))
                .hasMessageContaining("link");
        assertFails(FailureClass.SourceUnavailable, () -> file("pvc://data/up/secret"))
                .hasMessageContaining("link");
    }

    @Test
    void neverLeavesTheClaimThroughALinkInAModelFolder() throws IOException {
        Path model = Files.createDirectories(claim.resolve("model"));
        Files.createSymbolicLink(model.resolve("config.json"), root.resolve("secret"));
        assertFails(FailureClass.SourceUnavailable, () -> model("pvc://data/model"))
                .hasMessageContaining("link");
    }

    @Test
    void followsLinksInsideTheClaim() throws IOException {
        Path blobs = Files.createDirectories(claim.resolve("blobs"));
        Path model = Files.createDirectories(claim.resolve("model"));
        for (String name : Map.of("config.json", "{}", "tokenizer.json", "{}", "model.safetensors", "w")
                .keySet()) {
            Files.writeString(blobs.resolve(name), "{}");
            Files.createSymbolicLink(model.resolve(name), Path.of("../blobs").resolve(name));
        }
        assertThat(model("pvc://data/model").weights()).hasSize(1);
        assertThat(root.resolve("workspace/config.json")).isRegularFile();
    }

    @Test
    void namesTheShardThatIsMissingAndTheNameThatLeadsAway() throws IOException {
        Path model = Files.createDirectories(claim.resolve("model"));
        Files.writeString(model.resolve("config.json"), "{}");
        Files.writeString(model.resolve("tokenizer.json"), "{}");
        Files.writeString(
                model.resolve("model.safetensors.index.json"),
                "{\"weight_map\":{\"a\":\"model-00001-of-00002.safetensors\"}}");
        assertFails(FailureClass.SourceUnavailable, () -> model("pvc://data/model"))
                .hasMessageContaining("model-00001-of-00002.safetensors");
        Files.writeString(model.resolve("model-00001-of-00002.safetensors"), "w");
        String digest = model("pvc://data/model").digest();
        Files.writeString(model.resolve("model-00001-of-00002.safetensors"), "v");
        assertThat(model("pvc://data/model").digest()).isNotEqualTo(digest);
        Files.writeString(model.resolve("model.safetensors.index.json"), "{\"weight_map\":{\"a\":\"../secret\"}}");
        assertFails(FailureClass.InvalidData, () -> model("pvc://data/model")).hasMessageContaining("../secret");
    }

    @Test
    void keepsLocalFilesAndClaimsApart() {
        assertFails(FailureClass.InvalidSpec, () -> pod.locate("f", "file:///etc/passwd", null))
                .hasMessageContaining("local run");
        SourceResolver local = SourceResolver.local(root);
        assertFails(FailureClass.InvalidSpec, () -> local.locate("f", "pvc://data/x", null))
                .hasMessageContaining("no cluster");
        assertThat(local.data(local.locate("f", "file://secret", null), root).path())
                .hasContent("outside");
        assertFails(FailureClass.SourceUnavailable, () -> local.data(local.locate("f", "file://none", null), root))
                .hasMessageContaining("does not exist");
    }

    private Path file(String address) {
        return data(address).path();
    }

    private FetchedData data(String address) {
        return pod.data(pod.locate("spec.dataset.train.storageUri", address, null), root.resolve("scratch"));
    }

    private ModelSource.Verified model(String address) {
        return ModelSource.fetch(pod, new BaseModelSource(address, null, null), root.resolve("workspace"));
    }

    private static AbstractThrowableAssert<?, ? extends Throwable> assertFails(
            FailureClass failure, ThrowingCallable call) {
        return assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        StageException.class, e -> assertThat(e.failure()).isEqualTo(failure));
    }
}
