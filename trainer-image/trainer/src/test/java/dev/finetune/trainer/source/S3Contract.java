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
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.assertj.core.api.AbstractThrowableAssert;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What holds against every S3 server, a double as well as a real one. */
abstract class S3Contract {
    private static final long NO_LIMIT = Long.MAX_VALUE;
    private static final long LARGEST_PUT = 5 << 20;

    @TempDir
    Path folder;

    /** Where the server listens. */
    abstract URI endpoint();

    /** A key that may read and write {@link #bucket}. */
    abstract Map<String, String> key();

    abstract String bucket();

    @Test
    void givesBackWhatWasPut() throws IOException {
        S3Folder models = open("givesBackWhatWasPut");
        Path file = file(1, 100_000);
        models.put(file, "model.safetensors");
        FetchedFile fetched = fetch(models, "model.safetensors");
        assertThat(fetched.path()).hasSameBinaryContentAs(file);
        assertThat(fetched.sha256()).isEqualTo(Json.digest(Files.readAllBytes(file)));
        assertThat(models.fetch("other", folder.resolve("other"), NO_LIMIT)).isEmpty();
        assertThat(models.sizes()).isEqualTo(Map.of("model.safetensors", 100_000L));
    }

    @Test
    void sendsLargeFilesInParts() throws IOException {
        S3Folder models = open("sendsLargeFilesInParts");
        Path file = file(2, (12 << 20) + 17);
        models.put(file, "model.safetensors");
        assertThat(fetch(models, "model.safetensors").path()).hasSameBinaryContentAs(file);
    }

    @Test
    void resumesByRangeAfterTheConnectionBroke() throws IOException {
        Path file = file(3, 3 << 20);
        open("resumes").put(file, "f");
        try (CuttingProxy line = new CuttingProxy(endpoint().getPort())) {
            line.cuts.addAll(List.of(1 << 20, 1 << 20));
            S3Folder far =
                    open(credentials(key(), "http://127.0.0.1:" + line.port()), "resumes", Duration.ofSeconds(20));
            assertThat(fetch(far, "f").path()).hasSameBinaryContentAs(file);
            assertThat(line.cuts).isEmpty();
        }
    }

    @Test
    void goesOnWhereAServerFellSilent() throws IOException {
        Path file = file(4, 2 << 20);
        open("silent").put(file, "f");
        try (CuttingProxy line = new CuttingProxy(endpoint().getPort())) {
            line.cuts.add(-(1 << 20));
            S3Folder far =
                    open(credentials(key(), "http://127.0.0.1:" + line.port()), "silent", Duration.ofMillis(500));
            assertThat(fetch(far, "f").path()).hasSameBinaryContentAs(file);
        }
    }

    @Test
    void listsMoreThanOnePage() throws IOException {
        S3Folder many = open("many");
        Path file = file(5, 1);
        for (int i = 0; i < 1_005; i++) {
            many.put(file, "f/" + i);
        }
        assertThat(many.names()).hasSize(1_005).contains("f/1004");
    }

    @Test
    void saysThatThereIsNoSuchBucketOrKeyId() throws IOException {
        assertFails(
                        FailureClass.SourceUnavailable,
                        () -> new S3Folder(
                                        new S3Bucket(
                                                "nobuckethere",
                                                login(
                                                        credentials(
                                                                key(),
                                                                endpoint().toString()),
                                                        Duration.ofSeconds(20)),
                                                d -> {}),
                                        "")
                                .fetch("x", folder.resolve("x"), NO_LIMIT))
                .hasMessageContainingAll("s3://nobuckethere/x", "no bucket");
        Map<String, String> wrong = new HashMap<>(key());
        wrong.put("AWS_ACCESS_KEY_ID", "AKIANOBODY");
        assertFails(
                        FailureClass.SourceUnavailable,
                        () -> fetch(open(credentials(wrong, endpoint().toString()), "x", Duration.ofSeconds(20)), "f"))
                .hasMessageContainingAll("Secret 's3'", "forbids")
                .hasMessageNotContaining(key().get("AWS_SECRET_ACCESS_KEY"));
        assertFails(
                        FailureClass.StorageUnavailable,
                        () -> open(credentials(wrong, endpoint().toString()), "x", Duration.ofSeconds(20))
                                .put(file(6, 1), "f"))
                .hasMessageContaining("Secret 's3'");
    }

    @Test
    void saysWhichKeyOfTheSecretIsMissing() {
        Map<String, String> half = new HashMap<>(key());
        half.remove("AWS_SECRET_ACCESS_KEY");
        assertFails(
                        FailureClass.SourceUnavailable,
                        () -> open(credentials(half, endpoint().toString()), "x", Duration.ofSeconds(20)))
                .hasMessageContainingAll("Secret 's3'", "AWS_SECRET_ACCESS_KEY");
        assertFails(FailureClass.SourceUnavailable, () -> new Credentials.Secret("gone", folder.resolve("gone")))
                .hasMessageContainingAll("Secret 'gone'", "does not exist");
    }

    @Test
    void isASourceOfFilesFoldersArchivesAndModels() throws IOException {
        S3Folder data = open("source");
        data.put(Files.writeString(folder.resolve("a"), "text,label\na,b\n"), "train.csv");
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
            gzip.write("text,label\n".getBytes());
        }
        data.put(Files.write(folder.resolve("b"), packed.toByteArray()), "packed.csv.gz");
        data.put(folder.resolve("a"), "parts/1.csv");
        data.put(folder.resolve("a"), "parts/deep/2.csv");
        for (String name : List.of("config.json", "tokenizer.json", "model.safetensors")) {
            data.put(Files.writeString(folder.resolve("c"), "{}"), "model/" + name);
        }
        credentials(key(), endpoint().toString());
        SourceResolver pod = SourceResolver.below(folder, new HttpsFetcher());
        SecretReference secret = new SecretReference("s3");

        String at = "s3://" + bucket() + "/source/";
        assertThat(pod.data(pod.locate("f", at + "train.csv", secret), folder.resolve("1"))
                        .path())
                .hasContent("text,label\na,b");
        assertThat(pod.data(pod.locate("f", at + "packed.csv.gz", secret), folder.resolve("2"))
                        .path())
                .isDirectoryContaining("glob:**packed.csv");
        assertThat(pod.data(pod.locate("f", at + "parts", secret), folder.resolve("3"))
                        .path()
                        .resolve("deep/2.csv"))
                .hasContent("text,label\na,b");
        assertThat(ModelSource.fetch(pod, new BaseModelSource(at + "model", secret, null, null), folder.resolve("4"))
                        .weights())
                .hasSize(1);
        assertFails(
                        FailureClass.SourceUnavailable,
                        () -> pod.data(pod.locate("f", at + "none", secret), folder.resolve("5")))
                .hasMessageContaining("no such object");
        assertFails(
                        FailureClass.SourceUnavailable,
                        () -> pod.locate("f", at + "train.csv", new SecretReference("other")))
                .hasMessageContaining("Secret 'other' does not exist");
    }

    S3Folder open(String prefix) throws IOException {
        return open(credentials(key(), endpoint().toString()), prefix, Duration.ofSeconds(20));
    }

    S3Folder open(Credentials credentials, String prefix, Duration readTimeout) {
        return new S3Folder(new S3Bucket(bucket(), login(credentials, readTimeout), d -> {}), prefix, LARGEST_PUT);
    }

    static S3Login login(Credentials credentials, Duration readTimeout) {
        return new S3Login(credentials, address -> true, name -> null, readTimeout);
    }

    /** A Secret as a pod sees it. */
    Credentials credentials(Map<String, String> keys, String endpoint) throws IOException {
        Path mounted = Files.createDirectories(folder.resolve("secret/s3"));
        dev.finetune.trainer.storage.FileTree.delete(mounted);
        Files.createDirectories(mounted);
        for (Map.Entry<String, String> key : keys.entrySet()) {
            Files.writeString(mounted.resolve(key.getKey()), key.getValue() + "\n");
        }
        Files.writeString(mounted.resolve("AWS_ENDPOINT_URL"), endpoint);
        return new Credentials.Secret("s3", mounted);
    }

    FetchedFile fetch(S3Folder from, String name) {
        Optional<FetchedFile> fetched = from.fetch(name, folder.resolve("fetched"), NO_LIMIT);
        return fetched.orElseThrow();
    }

    Path file(int seed, int size) throws IOException {
        byte[] bytes = new byte[size];
        new Random(seed).nextBytes(bytes);
        return Files.write(folder.resolve("file"), bytes);
    }

    static AbstractThrowableAssert<?, ? extends Throwable> assertFails(FailureClass failure, ThrowingCallable call) {
        return assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        StageException.class, e -> assertThat(e.failure()).isEqualTo(failure));
    }
}
