package dev.finetune.acceptance.job;

import dev.finetune.acceptance.LocalCluster;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Assumptions;

/** A real server of another project beside the cluster, as a process of this test. */
final class Neighbour implements AutoCloseable {
    static final String USER = "finetune";
    static final String PASSWORD = "very-secret";

    /** Of that user: the registry takes bcrypt alone, which the JDK lacks. Made with libxcrypt. */
    private static final String HTPASSWD = USER + ":$2b$05$finetuneOperatorTests.i62CuVAE79yK2cahjKdJ6dwogxz9s2m\n";

    private final Process process;
    private final String host;
    private final int port;

    private Neighbour(Process process, String host, int port) {
        this.process = process;
        this.host = host;
        this.port = port;
    }

    /** An S3 server whose buckets are the folders of {@code buckets}. */
    static Neighbour objectStore(LocalCluster cluster, SelfSigned tls, Path buckets, Path scratch)
            throws IOException, InterruptedException, GeneralSecurityException {
        String program = program(cluster, "s3");
        Path own = own(scratch, "s3", tls);
        int port = freePort(tls.host());
        return start(
                List.of(
                        program,
                        "--port",
                        tls.host() + ":" + port,
                        "--cert",
                        own.resolve("tls.crt").toString(),
                        "--key",
                        own.resolve("tls.key").toString(),
                        "--iam-dir",
                        Files.createDirectories(own.resolve("users")).toString(),
                        "posix",
                        buckets.toString()),
                Map.of("ROOT_ACCESS_KEY", USER, "ROOT_SECRET_KEY", PASSWORD),
                own,
                tls.host(),
                port);
    }

    /** A container registry that wants a login for everything. */
    static Neighbour registry(LocalCluster cluster, SelfSigned tls, Path scratch)
            throws IOException, InterruptedException, GeneralSecurityException {
        String program = program(cluster, "registry");
        Path own = own(scratch, "registry", tls);
        int port = freePort(tls.host());
        Files.writeString(own.resolve("htpasswd"), HTPASSWD);
        Path configuration = Files.writeString(own.resolve("config.yml"), """
                version: 0.1
                log: {level: warn}
                storage: {filesystem: {rootdirectory: %1$s/data}}
                http: {addr: "%2$s:%3$d", tls: {certificate: %1$s/tls.crt, key: %1$s/tls.key}}
                auth: {htpasswd: {realm: finetune, path: %1$s/htpasswd}}
                """.formatted(own, tls.host(), port));
        return start(
                List.of(program, "serve", configuration.toString()),
                Map.of("OTEL_TRACES_EXPORTER", "none"),
                own,
                tls.host(),
                port);
    }

    /** Host and port. */
    String address() {
        return host + ":" + port;
    }

    /** The program, built once on this machine; the test is skipped, and says why, where there is no compiler for it. */
    private static String program(LocalCluster cluster, String name) throws IOException, InterruptedException {
        Process build = new ProcessBuilder(
                        cluster.checkout()
                                .resolve("trainer-image/neighbours/build")
                                .toString(),
                        name)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String path = new String(build.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        int code = build.waitFor();
        if (code == 3) {
            System.err.println("SKIPPED: there is no Go compiler to build " + name + ", a program of another project");
            Assumptions.abort("no Go compiler");
        }
        if (code != 0) {
            throw new IllegalStateException("neighbours/build " + name + " ended with " + code);
        }
        return path;
    }

    private static Path own(Path scratch, String name, SelfSigned tls) throws IOException, GeneralSecurityException {
        Path own = Files.createDirectories(scratch.resolve(name));
        Files.writeString(own.resolve("tls.crt"), tls.certificate());
        Files.writeString(own.resolve("tls.key"), tls.key());
        return own;
    }

    private static int freePort(String host) throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName(host))) {
            return socket.getLocalPort();
        }
    }

    private static Neighbour start(
            List<String> command, Map<String, String> environment, Path own, String host, int port) throws IOException {
        Path log = own.resolve("log");
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().putAll(environment);
        Neighbour neighbour = new Neighbour(builder.start(), host, port);
        Awaitility.await(command.getFirst() + " listens, see " + log)
                .atMost(Duration.ofSeconds(30))
                .until(neighbour::listens);
        return neighbour;
    }

    private boolean listens() {
        if (!process.isAlive()) {
            throw new IllegalStateException("it ended with status " + process.exitValue());
        }
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(host, port), 500);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    @Override
    public void close() {
        process.destroy();
        process.onExit().join();
    }
}
