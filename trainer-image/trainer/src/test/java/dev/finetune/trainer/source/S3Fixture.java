package dev.finetune.trainer.source;

import dev.finetune.api.SecretReference;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;

/** An S3 double with a Secret for it, for tests of other packages. */
public final class S3Fixture implements AutoCloseable {
    private final S3Double server;
    private final Path root;

    private S3Fixture(S3Double server, Path root) {
        this.server = server;
        this.root = root;
    }

    /** Starts one; {@code root} is where a pod's mounts are imitated. */
    public static S3Fixture start(Path root) throws IOException {
        S3Double server = S3Double.start();
        Path secret = Files.createDirectories(root.resolve("secret/s3"));
        Files.writeString(secret.resolve("AWS_ACCESS_KEY_ID"), S3Double.KEY_ID);
        Files.writeString(secret.resolve("AWS_SECRET_ACCESS_KEY"), "secret");
        Files.writeString(secret.resolve("AWS_ENDPOINT_URL"), server.endpoint());
        return new S3Fixture(server, root);
    }

    public S3Folder folder(String prefix) {
        Credentials secret = new Credentials.Secret("s3", root.resolve("secret/s3"));
        S3Login login = new S3Login(secret, address -> true, name -> null, Duration.ofSeconds(20));
        return new S3Folder(new S3Bucket(S3Double.BUCKET, login, pause -> {}), prefix);
    }

    public SourceResolver sources() {
        return SourceResolver.below(root, new HttpsFetcher());
    }

    public Location location(String key) {
        return sources().locate("f", "s3://" + S3Double.BUCKET + "/" + key, new SecretReference("s3"));
    }

    public List<String> requests(String method) {
        return server.requests.stream().filter(r -> r.startsWith(method + " ")).toList();
    }

    public int notModified() {
        return server.notModified.get();
    }

    public void forgetRequests() {
        server.requests.clear();
    }

    public List<String> keys() {
        return List.copyOf(server.objects.keySet());
    }

    /** After the listing and that many uploads every request is refused. */
    public void failAfterPuts(int puts) {
        server.faults.addAll(Collections.nCopies(puts + 1, 0));
        server.faults.addAll(Collections.nCopies(100, 400));
    }

    public void answerAgain() {
        server.faults.clear();
    }

    public void replace(String key, String content) {
        if (server.objects.replace(key, content.getBytes(StandardCharsets.UTF_8)) == null) {
            throw new UncheckedIOException(new IOException("there is no " + key));
        }
    }

    @Override
    public void close() {
        server.close();
    }
}
