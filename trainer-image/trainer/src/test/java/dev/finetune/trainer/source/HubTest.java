package dev.finetune.trainer.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.api.BaseModelSource;
import dev.finetune.api.FailureClass;
import dev.finetune.api.SecretReference;
import dev.finetune.api.run.StageException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.assertj.core.api.AbstractThrowableAssert;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HubTest {
    private static final String FIRST = "1".repeat(40);
    private static final String SECOND = "2".repeat(40);

    @TempDir
    Path root;

    private final Map<String, String> environment = new HashMap<>();
    private HubDouble hub;
    private SourceResolver pod;
    private Path secret;

    @BeforeEach
    void startAHub() throws IOException {
        hub = new HubDouble();
        secret = Files.createDirectories(root.resolve("secret/hub"));
        Files.writeString(secret.resolve("HF_ENDPOINT"), hub.endpoint() + "/\n");
        Files.writeString(secret.resolve("ca.crt"), TestServer.certificate());
        pod = SourceResolver.below(root, new HttpsFetcher(), environment::get);
        hub.commit("models", "team/tiny", "main", FIRST, model("one"));
    }

    @AfterEach
    void stop() {
        hub.close();
    }

    @Test
    void fetchesAModelAtTheCommitThatTheRevisionNames() throws IOException {
        ModelSource.Verified model = fetch("hf://team/tiny");
        assertThat(model.revision()).isEqualTo(FIRST);
        assertThat(root.resolve("model/model.safetensors")).hasContent("one");
        assertThat(model.license()).isEqualTo("apache-2.0");
        hub.commit("models", "team/tiny", "main", SECOND, model("two"));
        assertThat(fetch("hf://team/tiny:" + FIRST).digest()).isEqualTo(model.digest());
        assertThat(fetch("hf://team/tiny:main").revision()).isEqualTo(SECOND);
        assertThat(root.resolve("model/model.safetensors")).hasContent("two");
    }

    @Test
    void sendsTheTokenToTheHubAndToNoOtherHost() throws IOException {
        hub.commit("models", "private/tiny", "main", FIRST, model("one"));
        assertFails(() -> fetch("hf://private/tiny"))
                .hasMessageContainingAll("hf://private/tiny", "HF_TOKEN", "secretRef");
        Files.writeString(secret.resolve("HF_TOKEN"), "hf_wrong");
        assertFails(() -> fetch("hf://private/tiny"))
                .hasMessageContainingAll("hf://private/tiny", "HF_TOKEN of Secret 'hub'")
                .hasMessageNotContaining("hf_wrong");
        Files.writeString(secret.resolve("HF_TOKEN"), HubDouble.TOKEN + "\n");
        hub.requests.clear();
        fetch("hf://private/tiny");
        assertThat(hub.requests)
                .filteredOn(r -> r.startsWith("hub "))
                .isNotEmpty()
                .allMatch(r -> r.endsWith("Bearer " + HubDouble.TOKEN));
        assertThat(hub.requests)
                .filteredOn(r -> r.startsWith("storage "))
                .isNotEmpty()
                .noneMatch(r -> r.contains("Bearer"));
    }

    @Test
    void resumesADownloadFromTheOtherHost() throws IOException {
        hub.commit("models", "team/tiny", "main", FIRST, model("x".repeat(300_000)));
        hub.cuts.add(100_000);
        assertThat(fetch("hf://team/tiny").weights()).hasSize(1);
        assertThat(hub.requests).anyMatch(r -> r.contains("model.safetensors bytes=100000-"));
    }

    @Test
    void saysWhatIsNotThere() {
        assertFails(() -> fetch("hf://team/none")).hasMessageContainingAll("hf://team/none", "does not exist");
        assertFails(() -> fetch("hf://team/tiny:v9")).hasMessageContainingAll("hf://team/tiny:v9", "no revision 'v9'");
        environment.put("HF_HUB_OFFLINE", "1");
        assertFails(() -> fetch("hf://team/tiny")).hasMessageContaining("HF_HUB_OFFLINE");
    }

    @Test
    void refusesAFileThatAMirrorChanged() {
        Map<String, byte[]> files = model("one");
        hub.commit("models", "team/tiny", "main", FIRST, files);
        hub.lieAbout("model.safetensors");
        assertThatThrownBy(() -> fetch("hf://team/tiny"))
                .isInstanceOfSatisfying(
                        StageException.class, e -> assertThat(e.failure()).isEqualTo(FailureClass.DigestMismatch))
                .hasMessageContaining("model.safetensors");
    }

    @Test
    void takesTheParquetFilesOfASplit() throws IOException {
        byte[] parquet = Files.readAllBytes(Path.of("src/test/resources/parquet/snappy.parquet"));
        hub.commit("datasets", "team/reviews", "main", FIRST, Map.of("reviews.py", new byte[1]));
        hub.commit(
                "datasets",
                "team/reviews",
                HubSplit.CONVERTED,
                SECOND,
                Map.of(
                        "plain/train/0000.parquet", parquet,
                        "plain/train/0001.parquet", parquet,
                        "plain/test/0000.parquet", parquet));
        assertThat(split("hf://team/reviews/train").resolve("plain/train/0001.parquet"))
                .exists();
        assertThat(split("hf://team/reviews/plain/test").resolve("plain/test/0000.parquet"))
                .hasBinaryContent(parquet);
        assertFails(() -> split("hf://team/reviews/dev")).hasMessageContainingAll("plain/test, plain/train");
        assertFails(() -> split("hf://team/reviews:main/train")).hasMessageContaining("no Parquet files");
    }

    @Test
    void takesARepositorysOwnParquetFilesWhereTheHubConvertedNone() throws IOException {
        hub.commit(
                "datasets",
                "team/own",
                "main",
                FIRST,
                Map.of(
                        "data/train-00000-of-00001.parquet",
                        new byte[] {1},
                        "data/test-00000-of-00001-abcd.parquet",
                        new byte[] {2}));
        assertThat(split("hf://team/own/test").resolve("data/test-00000-of-00001-abcd.parquet"))
                .exists();
        assertThat(split("hf://team/own:main/train").resolve("data/train-00000-of-00001.parquet"))
                .exists();
    }

    @Test
    void takesAFileOrAFolderOfADataSet() throws IOException {
        hub.commit(
                "datasets",
                "team/own",
                "main",
                FIRST,
                Map.of("a b/train.csv", "text,label\n".getBytes(StandardCharsets.UTF_8), "a b/more/2.csv", new byte[] {1
                }));
        assertThat(data("hf://team/own/a b/train.csv")).hasContent("text,label");
        assertThat(data("hf://team/own:" + FIRST + "/a b").resolve("more/2.csv"))
                .exists();
        assertFails(() -> data("hf://team/own/none")).hasMessageContaining("no file 'none'");
    }

    private ModelSource.Verified fetch(String address) {
        return ModelSource.fetch(
                pod, new BaseModelSource(address, new SecretReference("hub"), null, null), root.resolve("model"));
    }

    private Path split(String address) throws IOException {
        return pod.split(pod.locate("f", address, new SecretReference("hub")), scratch())
                .path();
    }

    private Path data(String address) throws IOException {
        return pod.data(pod.locate("f", address, new SecretReference("hub")), scratch())
                .path();
    }

    private Path scratch() throws IOException {
        return Files.createTempDirectory(root, "scratch");
    }

    private static AbstractThrowableAssert<?, ? extends Throwable> assertFails(ThrowingCallable call) {
        return assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        StageException.class, e -> assertThat(e.failure()).isEqualTo(FailureClass.SourceUnavailable));
    }

    private static Map<String, byte[]> model(String weights) {
        return Map.of(
                "config.json", "{}".getBytes(StandardCharsets.UTF_8),
                "tokenizer.json", "{}".getBytes(StandardCharsets.UTF_8),
                "README.md", "---\nlicense: apache-2.0\n---\n".getBytes(StandardCharsets.UTF_8),
                "model.safetensors", weights.getBytes(StandardCharsets.UTF_8));
    }
}
