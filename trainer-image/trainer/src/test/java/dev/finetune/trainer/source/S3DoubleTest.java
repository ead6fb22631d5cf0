package dev.finetune.trainer.source;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.api.FailureClass;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The contract against the double, and what only a double does on demand. */
class S3DoubleTest extends S3Contract {
    private S3Double server;

    @BeforeEach
    void start() throws IOException {
        server = S3Double.start();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void asksAgainForTheRestOnly() throws IOException {
        open("d").put(file(1, 300_000), "f");
        server.requests.clear();
        server.cuts.addAll(List.of(100_000, 100_000));
        fetch(open("d"), "f");
        assertThat(server.requests).containsExactly("GET d/f", "GET d/f bytes=100000-", "GET d/f bytes=200000-");
    }

    @Test
    void startsAgainWhereTheObjectWasReplacedMeanwhile() throws IOException {
        open("d").put(file(1, 300_000), "f");
        server.cuts.add(100_000);
        S3Login login = login(credentials(key(), endpoint().toString()), Duration.ofSeconds(20));
        Path other = Files.write(folder.resolve("other"), new byte[300_000]);
        S3Bucket bucket = new S3Bucket(bucket(), login, pause -> {
            try {
                server.objects.put("d/f", Files.readAllBytes(other));
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
        assertThat(fetch(new S3Folder(bucket, "d"), "f").path()).hasSameBinaryContentAs(other);
    }

    @Test
    void outlastsABusyServerAndGivesUpOnAnEndlessOne() throws IOException {
        open("d").put(file(1, 10), "f");
        server.faults.addAll(List.of(503, 500, 503, 503, 0));
        assertThat(fetch(open("d"), "f").size()).isEqualTo(10);
        server.faults.addAll(java.util.Collections.nCopies(100, 503));
        assertFails(FailureClass.SourceUnavailable, () -> fetch(open("d"), "f")).hasMessageContaining("503");
    }

    @Test
    void leavesNoUnfinishedUploadBehind() throws IOException {
        S3Folder models = open("d");
        Path large = file(1, 12 << 20);
        server.faults.addAll(List.of(0, 0, 400));
        assertFails(FailureClass.StorageUnavailable, () -> models.put(large, "f"));
        assertThat(server.unfinishedUploads()).isZero();
        assertThat(server.objects).isEmpty();
    }

    @Test
    void trustsTheAuthorityThatTheSecretNamesAndNoOther() throws IOException {
        S3Double behindTls = new S3Double(null);
        try (TestServer tls = new TestServer(behindTls::answer)) {
            behindTls.objects.put("d/f", new byte[10]);
            String endpoint = tls.uri("").toString();
            assertFails(
                            FailureClass.SourceUnavailable,
                            () -> fetch(open(credentials(key(), endpoint), "d", Duration.ofSeconds(20)), "f"))
                    .hasMessageContaining("certificate");
            Map<String, String> trusting = new java.util.HashMap<>(key());
            trusting.put("ca.crt", TestServer.certificate());
            assertThat(fetch(open(credentials(trusting, endpoint), "d", Duration.ofSeconds(20)), "f")
                            .size())
                    .isEqualTo(10);
            trusting.put("ca.crt", "no certificate");
            assertFails(
                            FailureClass.SourceUnavailable,
                            () -> fetch(open(credentials(trusting, endpoint), "d", Duration.ofSeconds(20)), "f"))
                    .hasMessageContainingAll("ca.crt", "Secret 's3'");
        }
    }

    @Test
    void reachesNoMetadataServiceAndSendsNoTokenInTheOpen() throws IOException {
        for (String endpoint : List.of("http://169.254.169.254", "http://127.0.0.1:9000", "http://localhost:1")) {
            Credentials secret = credentials(key(), endpoint);
            assertFails(
                            FailureClass.SourceUnavailable,
                            () -> new S3Login(secret, AddressRule.PUBLIC_AND_PRIVATE, n -> null, Duration.ofSeconds(1))
                                    .client())
                    .hasMessageContaining("no source may have");
        }
        Map<String, String> temporary = new java.util.HashMap<>(key());
        temporary.put("AWS_SESSION_TOKEN", "token");
        assertFails(
                        FailureClass.InvalidSpec,
                        () -> open(credentials(temporary, endpoint().toString()), "d", Duration.ofSeconds(1)))
                .hasMessageContaining("https://");
        assertFails(
                        FailureClass.InvalidSpec,
                        () -> open(credentials(key(), "s3.example.com"), "d", Duration.ofSeconds(1)))
                .hasMessageContaining("AWS_ENDPOINT_URL");
    }

    @Test
    void asksAsTheServiceAccountWhereThereIsNoSecret() throws IOException {
        // What an identity webhook gives a pod: a role, a token, and here the address of a token service of our own.
        S3Double behindTls = new S3Double(null);
        AtomicReference<String> asked = new AtomicReference<>("");
        try (TestServer tls = new TestServer(behindTls::answer);
                TokenServiceDouble tokens = TokenServiceDouble.start(S3Double.KEY_ID, asked)) {
            behindTls.objects.put("d/f", new byte[10]);
            Path token = Files.writeString(folder.resolve("token"), "jwt-of-the-service-account");
            Map<String, String> environment = Map.of(
                    "AWS_WEB_IDENTITY_TOKEN_FILE", token.toString(),
                    "AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/reader",
                    "AWS_ENDPOINT_URL_STS", tokens.endpoint());
            Path secret = Files.createDirectories(folder.resolve("secret/ca"));
            Files.writeString(secret.resolve("ca.crt"), TestServer.certificate());
            Files.writeString(secret.resolve("AWS_ENDPOINT_URL"), tls.uri("").toString());
            S3Login login = new S3Login(
                    new Credentials.Secret("ca", secret), a -> true, environment::get, Duration.ofSeconds(20));
            assertThat(fetch(new S3Folder(new S3Bucket(bucket(), login, d -> {}), "d"), "f")
                            .size())
                    .isEqualTo(10);
            assertThat(asked.get())
                    .contains("AssumeRoleWithWebIdentity", "role%2Freader", "jwt-of-the-service-account");
        }
    }

    @Override
    URI endpoint() {
        return URI.create(server.endpoint());
    }

    @Override
    Map<String, String> key() {
        return Map.of("AWS_ACCESS_KEY_ID", S3Double.KEY_ID, "AWS_SECRET_ACCESS_KEY", "very-secret");
    }

    @Override
    String bucket() {
        return S3Double.BUCKET;
    }
}
