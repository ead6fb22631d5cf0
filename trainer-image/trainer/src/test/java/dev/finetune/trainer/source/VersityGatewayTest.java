package dev.finetune.trainer.source;

import dev.finetune.api.FailureClass;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The contract against a real S3 server, which verifies every signature and checksum. */
class VersityGatewayTest extends S3Contract {
    @TempDir
    static Path data;

    private static Neighbour gateway;
    private static int port;

    @BeforeAll
    static void start() throws IOException {
        String program = Neighbour.program("s3");
        port = Neighbour.freePort();
        Path objects = Files.createDirectories(data.resolve("objects"));
        Files.createDirectories(objects.resolve(S3Double.BUCKET));
        Path users = Files.createDirectories(data.resolve("users"));
        gateway = Neighbour.start(
                List.of(
                        program,
                        "--port",
                        "127.0.0.1:" + port,
                        "--iam-dir",
                        users.toString(),
                        "posix",
                        objects.toString()),
                Map.of("ROOT_ACCESS_KEY", "AKIATEST", "ROOT_SECRET_KEY", "very-secret"),
                data.resolve("log"),
                port);
    }

    @AfterAll
    static void stop() {
        if (gateway != null) {
            gateway.close();
        }
    }

    @Test
    void refusesAWrongSecretKeyWithoutRepeatingIt() throws IOException {
        Map<String, String> wrong = new HashMap<>(key());
        wrong.put("AWS_SECRET_ACCESS_KEY", "not-the-key");
        assertFails(
                        FailureClass.SourceUnavailable,
                        () -> fetch(open(credentials(wrong, endpoint().toString()), "x", Duration.ofSeconds(20)), "f"))
                .hasMessageContainingAll("SignatureDoesNotMatch", "Secret 's3'")
                .hasMessageNotContaining("not-the-key");
    }

    @Test
    void refusesNobodyWhereNobodyMayRead() throws IOException {
        credentials(key(), endpoint().toString());
        for (String name : key().keySet()) {
            Files.delete(folder.resolve("secret/s3").resolve(name));
        }
        Credentials nobody = new Credentials.Secret("s3", folder.resolve("secret/s3"));
        assertFails(FailureClass.SourceUnavailable, () -> fetch(open(nobody, "x", Duration.ofSeconds(20)), "f"))
                .hasMessageContaining("forbids");
    }

    @Override
    URI endpoint() {
        return URI.create("http://127.0.0.1:" + port);
    }

    @Override
    Map<String, String> key() {
        return Map.of("AWS_ACCESS_KEY_ID", "AKIATEST", "AWS_SECRET_ACCESS_KEY", "very-secret");
    }

    @Override
    String bucket() {
        return S3Double.BUCKET;
    }
}
