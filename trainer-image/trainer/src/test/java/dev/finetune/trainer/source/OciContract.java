package dev.finetune.trainer.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.api.BaseModelSource;
import dev.finetune.api.FailureClass;
import dev.finetune.api.Json;
import dev.finetune.api.SecretReference;
import dev.finetune.api.run.StageException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.assertj.core.api.AbstractThrowableAssert;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What holds against every registry, a double as well as a real one. */
abstract class OciContract {
    static final String TAR = "application/vnd.oci.image.layer.v1.tar";
    static final String TAR_GZIP = "application/vnd.oci.image.layer.v1.tar+gzip";
    static final String MANIFEST = "application/vnd.oci.image.manifest.v1+json";
    static final String INDEX = "application/vnd.oci.image.index.v1+json";
    private static final String TITLE = "org.opencontainers.image.title";
    private static final String LINK = "-> ";

    @TempDir
    Path folder;

    abstract OciFixture registry();

    /** A layer that is to be pushed. */
    record Layer(String mediaType, byte[] bytes, Map<String, String> annotations) {
        /** A file as ORAS pushes it. */
        static Layer file(String name, String content) {
            return new Layer(TAR, content.getBytes(StandardCharsets.UTF_8), Map.of(TITLE, name));
        }

        /** A layer of an image. */
        static Layer tar(Map<String, String> files) {
            return new Layer(TAR, OciContract.tar(files), Map.of());
        }
    }

    @Test
    void readsAModelWhoseFilesAreLayersAndTakesNoneThatIsNotAskedFor() {
        String digest = push(
                "plain",
                "v1",
                Layer.file("config.json", "{}"),
                Layer.file("tokenizer.json", "{}"),
                Layer.file("model.safetensors", "weights"),
                Layer.file("pytorch_model.bin", "pickle"));
        ModelSource.Verified model = model("plain:v1", "model");
        assertThat(model.revision()).isEqualTo(digest);
        assertThat(folder.resolve("model")).isDirectoryNotContaining("glob:**pytorch_model.bin");
        assertThat(folder.resolve("model/model.safetensors")).hasContent("weights");
        assertThat(model("plain@" + digest, "again").digest()).isEqualTo(model.digest());
    }

    @Test
    void readsTheModelOfAnImageAndLeavesWhatElseIsInIt() throws IOException {
        push(
                "image",
                "v1",
                // A base image is full of links.
                Layer.tar(Map.of("bin/busybox", "elf", "bin/sh", LINK + "busybox", "models/old.txt", "old")),
                new Layer(
                        TAR_GZIP,
                        gzip(tar(files(
                                "models/config.json", "{}",
                                "models/tokenizer.json", "{}",
                                "models/model.safetensors", "first"))),
                        Map.of()),
                Layer.tar(Map.of("models/model.safetensors", "second", "models/.wh.old.txt", "")));
        model("image:v1", "model");
        assertThat(folder.resolve("model/model.safetensors")).hasContent("second");
        Path data = data("image:v1/models");
        assertThat(data.resolve("config.json")).hasContent("{}");
        assertThat(data.resolve("old.txt")).doesNotExist();
        assertThat(data("image:v1/bin/busybox")).hasContent("elf");
    }

    @Test
    void readsAModelThatAnImageHoldsAtItsRoot() {
        push(
                "root",
                "v1",
                Layer.tar(files("./config.json", "{}", "./tokenizer.json", "{}", "./model.safetensors", "w")));
        assertThat(model("root:v1", "model").weights()).hasSize(1);
    }

    @Test
    void readsDataAsAFileAFolderAnArchiveOrAPath() throws IOException {
        push("one", "v1", Layer.file("train.csv", "text,label\n"));
        push("packed", "v1", new Layer(TAR, gzip("text,label\n".getBytes()), Map.of(TITLE, "train.csv.gz")));
        push("several", "v1", Layer.file("a/train.csv", "a\n"), Layer.file("test.csv", "b\n"));
        // A folder as ORAS pushes it.
        push(
                "folder",
                "v1",
                new Layer(
                        TAR_GZIP,
                        gzip(tar(Map.of("reviews/good/1.txt", "fine"))),
                        Map.of(TITLE, "reviews", "io.deis.oras.content.unpack", "true")));
        assertThat(data("one:v1")).isRegularFile().hasContent("text,label");
        assertThat(data("packed:v1")).isDirectoryContaining("glob:**train.csv");
        assertThat(data("several:v1").resolve("a/train.csv")).hasContent("a");
        assertThat(data("several:v1/test.csv")).hasContent("b");
        assertThat(data("several:v1/a").resolve("train.csv")).hasContent("a");
        assertThat(data("folder:v1/reviews").resolve("good/1.txt")).hasContent("fine");
        assertFails(FailureClass.SourceUnavailable, () -> data("several:v1/none"))
                .hasMessageContaining("it holds no file 'none' and none below it");
    }

    @Test
    void takesOfAnIndexTheManifestForLinuxOrTheOnlyOne() {
        String amd64 = push("index", "amd64", Layer.file("train.csv", "amd64"));
        String arm64 = push("index", "arm64", Layer.file("train.csv", "arm64"));
        index("index", "v1", Map.of(arm64, "linux/arm64", amd64, "linux/amd64"));
        index("index", "only", Map.of(arm64, "linux/arm64", amd64, "unknown/unknown"));
        index("index", "other", Map.of(arm64, "linux/arm64", amd64, "windows/amd64"));
        assertThat(data("index:v1")).hasContent("amd64");
        assertThat(data("index:only")).hasContent("arm64");
        assertFails(FailureClass.InvalidData, () -> data("index:other"))
                .hasMessageContainingAll("linux/amd64", "windows/amd64", "by its digest");
    }

    @Test
    void staysWithTheVersionThatATagNamedFirst() {
        push("moving", "v1", Layer.file("train.csv", "first"), Layer.file("test.csv", "first"));
        SourceResolver sources = registry().sources();
        assertThat(data(sources, "moving:v1/train.csv", folder.resolve("1"))).hasContent("first");
        push("moving", "v1", Layer.file("train.csv", "second"), Layer.file("test.csv", "second"));
        assertThat(data(sources, "moving:v1/test.csv", folder.resolve("2"))).hasContent("first");
        assertThat(data("moving:v1/test.csv")).hasContent("second");
    }

    @Test
    void refusesLayersThatLeaveTheFolderLinkOutOfItOrGrowBeyondTheirSize() throws IOException {
        push("climbing", "v1", Layer.tar(Map.of("models/../../etc/passwd", "x")));
        push("linked", "v1", Layer.tar(Map.of("models/config.json", LINK + "/etc/passwd")));
        push("bomb", "v1", new Layer(TAR_GZIP, gzip(tar(Map.of("etc/zeros", "0".repeat(8 << 20)))), Map.of()));
        push(
                "damaged",
                "v1",
                new Layer(
                        TAR_GZIP,
                        gzip("no tar at all, and long enough".repeat(100).getBytes()),
                        Map.of()));
        assertFails(FailureClass.InvalidData, () -> model("climbing:v1", "1"))
                .hasMessageContainingAll("a path outside of the folder", "climbing:v1");
        assertFails(FailureClass.InvalidData, () -> model("linked:v1", "2")).hasMessageContaining("a link or device");
        assertFails(FailureClass.InvalidData, () -> model("bomb:v1", "3")).hasMessageContaining("100 times");
        assertFails(FailureClass.InvalidData, () -> model("damaged:v1", "4")).hasMessageContaining("no tar");
        try (var left = Files.walk(folder)) {
            assertThat(left.filter(f -> f.getFileName().toString().equals(".packed")))
                    .isEmpty();
        }
    }

    @Test
    void saysWhatItKnowsWhereALayerIsOfAnotherKind() {
        push("zstd", "v1", new Layer(TAR + "+zstd", new byte[] {1}, Map.of()));
        assertFails(FailureClass.InvalidData, () -> data("zstd:v1"))
                .hasMessageContainingAll("application/vnd.oci.image.layer.v1.tar+zstd", TITLE, "tar+gzip");
    }

    @Test
    void saysThatThereIsNoSuchTagOrRepository() {
        push("known", "v1", Layer.file("train.csv", "x"));
        assertFails(FailureClass.SourceUnavailable, () -> data("known:v2"))
                .hasMessageContainingAll("known:v2", "no repository 'known', or nothing called 'v2' in it");
        assertFails(FailureClass.SourceUnavailable, () -> data("unknown:v1")).hasMessageContaining("'unknown'");
        assertFails(FailureClass.SourceUnavailable, () -> data("known@sha256:" + "1".repeat(64)))
                .hasMessageContaining("nothing called 'sha256:1");
        assertFails(FailureClass.InvalidSpec, () -> data("known")).hasMessageContaining("name a tag or a digest");
    }

    @Test
    void saysWhichLoginIsMissingOrWrongAndNeverRepeatsIt() throws IOException {
        push("private", "v1", Layer.file("train.csv", "x"));
        String host = registry().registry();
        registry().withSecret(OciFixture.USER, "not-the-password");
        assertFails(FailureClass.SourceUnavailable, () -> data("private:v1"))
                .hasMessageContainingAll("answers 401", "'" + host + "'", "Secret 'registry'", "is wrong")
                .hasMessageNotContaining("not-the-password");
        assertFails(FailureClass.StorageUnavailable, () -> push("private", "v2", Layer.file("a", "b")))
                .hasMessageContainingAll("Cannot write to", "write to 'private'");
        registry().withEntry(Map.of("auth", "b3RoZXI6c2VjcmV0"), "other.example.com");
        assertFails(FailureClass.SourceUnavailable, () -> data("private:v1"))
                .hasMessageContainingAll(
                        "answers 401", "has none for '" + host + "'", "kubernetes.io/dockerconfigjson");
        registry().withEntry(null, "");
        assertFails(FailureClass.SourceUnavailable, () -> data("private:v1")).hasMessageContaining("asks for a login");
        registry()
                .withEntry(
                        Map.of("username", OciFixture.USER, "password", OciFixture.PASSWORD),
                        "https://" + host + "/v2/");
        assertThat(data("private:v1")).hasContent("x");
        registry().withEntry(Map.of("auth", "***"), host);
        assertFails(FailureClass.SourceUnavailable, () -> data("private:v1")).hasMessageContaining("not in base64");
    }

    @Test
    void trustsTheAuthorityOfTheSecretAndNoOther() throws IOException {
        push("trusted", "v1", Layer.file("train.csv", "x"));
        Files.delete(folder.resolve("secret/registry").resolve(Credentials.CA));
        assertFails(FailureClass.SourceUnavailable, () -> data("trusted:v1"))
                .hasMessageContaining("its certificate is not trusted");
    }

    @Test
    void resumesByRangeAfterTheConnectionBroke() throws IOException {
        byte[] large = new byte[3 << 20];
        new Random(3).nextBytes(large);
        push("large", "v1", new Layer("application/octet-stream", large, Map.of(TITLE, "f")));
        try (CuttingProxy line = new CuttingProxy(registry().port())) {
            String far = "localhost:" + line.port();
            registry().withEntry(Map.of("username", OciFixture.USER, "password", OciFixture.PASSWORD), far);
            // None of these lets the whole of it through.
            line.cuts.addAll(Collections.nCopies(8, 1 << 20));
            SourceResolver sources = registry().sources();
            Location location = sources.locate("f", "oci://" + far + "/large:v1", new SecretReference("registry"));
            assertThat(sources.data(location, folder.resolve("far")).path()).hasBinaryContent(large);
        }
    }

    @Test
    void putsNothingThatIsThereAndRefusesWhatIsNotWhatItIsCalled() {
        OciRepository repository = registry().repository("blobs");
        OciRepository.Blob blob = OciRepository.Blob.of("application/octet-stream", "bytes".getBytes());
        repository.put(blob);
        boolean[] sent = new boolean[1];
        repository.put(new OciRepository.Blob(blob.mediaType(), blob.digest(), blob.size(), out -> sent[0] = true));
        assertThat(sent[0]).isFalse();
        OciRepository.Blob wrong = new OciRepository.Blob(
                blob.mediaType(), Json.digest("a"), blob.size(), out -> out.write("other".getBytes()));
        assertFails(FailureClass.StorageUnavailable, () -> repository.put(wrong))
                .hasMessageContaining("DIGEST_INVALID");
        assertThat(repository.manifest("none")).isEmpty();
    }

    /** Pushes an image or artifact; gives its digest. */
    String push(String repository, String tag, Layer... layers) {
        OciRepository to = registry().repository(repository);
        OciRepository.Blob config = OciRepository.Blob.of("application/vnd.oci.empty.v1+json", "{}".getBytes());
        to.put(config);
        List<Map<String, Object>> descriptors = new ArrayList<>();
        for (Layer layer : layers) {
            OciRepository.Blob blob = OciRepository.Blob.of(layer.mediaType(), layer.bytes());
            to.put(blob);
            descriptors.add(descriptor(blob, "annotations", layer.annotations()));
        }
        OciRepository.Blob manifest = json(
                MANIFEST,
                Map.of(
                        "schemaVersion",
                        2,
                        "mediaType",
                        MANIFEST,
                        "config",
                        descriptor(config, "annotations", Map.of()),
                        "layers",
                        descriptors));
        to.tag(manifest, tag);
        return manifest.digest();
    }

    private void index(String repository, String tag, Map<String, String> platforms) {
        List<Map<String, Object>> manifests = new ArrayList<>();
        platforms.forEach((digest, platform) -> {
            OciRepository.Manifest manifest =
                    registry().repository(repository).manifest(digest).orElseThrow();
            int size = manifest.json().toString().length();
            manifests.add(Map.of(
                    "mediaType",
                    MANIFEST,
                    "digest",
                    digest,
                    "size",
                    size,
                    "platform",
                    Map.of("os", platform.split("/")[0], "architecture", platform.split("/")[1])));
        });
        registry()
                .repository(repository)
                .tag(json(INDEX, Map.of("schemaVersion", 2, "mediaType", INDEX, "manifests", manifests)), tag);
    }

    private static OciRepository.Blob json(String mediaType, Map<String, Object> value) {
        return OciRepository.Blob.of(mediaType, Json.write(value).getBytes(StandardCharsets.UTF_8));
    }

    private static Map<String, Object> descriptor(OciRepository.Blob blob, String key, Object value) {
        return Map.of("mediaType", blob.mediaType(), "digest", blob.digest(), "size", blob.size(), key, value);
    }

    ModelSource.Verified model(String reference, String name) {
        return ModelSource.fetch(
                registry().sources(),
                new BaseModelSource(
                        "oci://" + registry().registry() + "/" + reference,
                        new SecretReference("registry"),
                        null,
                        null),
                folder.resolve(name));
    }

    Path data(String reference) {
        return data(
                registry().sources(),
                reference,
                folder.resolve("data-" + reference.replaceAll("\\W", "-") + System.nanoTime()));
    }

    private Path data(SourceResolver sources, String reference, Path scratch) {
        Location location = sources.locate(
                "f", "oci://" + registry().registry() + "/" + reference, new SecretReference("registry"));
        return sources.data(location, scratch).path();
    }

    private static Map<String, String> files(String... namesAndContents) {
        Map<String, String> files = new LinkedHashMap<>();
        for (int i = 0; i < namesAndContents.length; i += 2) {
            files.put(namesAndContents[i], namesAndContents[i + 1]);
        }
        return files;
    }

    /** A tar; a content that begins with an arrow is a symbolic link. */
    static byte[] tar(Map<String, String> files) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes)) {
            for (Map.Entry<String, String> file : files.entrySet()) {
                byte[] content = file.getValue().getBytes(StandardCharsets.UTF_8);
                boolean isLink = file.getValue().startsWith(LINK);
                TarArchiveEntry entry = isLink
                        ? new TarArchiveEntry(file.getKey(), TarConstants.LF_SYMLINK)
                        : new TarArchiveEntry(file.getKey());
                if (isLink) {
                    entry.setLinkName(file.getValue().substring(LINK.length()));
                } else {
                    entry.setSize(content.length);
                }
                tar.putArchiveEntry(entry);
                if (!isLink) {
                    tar.write(content);
                }
                tar.closeArchiveEntry();
            }
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        return bytes.toByteArray();
    }

    static byte[] gzip(byte[] bytes) throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (OutputStream gzip = new GZIPOutputStream(packed)) {
            gzip.write(bytes);
        }
        return packed.toByteArray();
    }

    static AbstractThrowableAssert<?, ? extends Throwable> assertFails(FailureClass failure, ThrowingCallable call) {
        return assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        StageException.class, e -> assertThat(e.failure()).isEqualTo(failure));
    }
}
