package dev.finetune.trainer.source;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;

/** A real server of another project, as a process of this test. */
final class Neighbour implements AutoCloseable {
    private final Process process;
    private final int port;

    private Neighbour(Process process, int port) {
        this.process = process;
        this.port = port;
    }

    /** The program; the test is skipped, and says why, where it cannot be built. */
    static String program(String name) {
        try {
            Process build = new ProcessBuilder("../neighbours/build", name)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            String path = new String(build.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            if (build.waitFor() == 3) {
                System.err.println("SKIPPED: " + name
                        + ", a program of another project, is not tested against: there is no Go compiler to build it");
                assumeTrue(false, "no Go compiler");
            }
            if (path.isEmpty()) {
                throw new IllegalStateException("../neighbours/build " + name + " failed");
            }
            return path;
        } catch (IOException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /** Starts it and waits until it listens on that port. */
    static Neighbour start(List<String> command, Map<String, String> environment, Path log, int port)
            throws IOException {
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().putAll(environment);
        Neighbour neighbour = new Neighbour(builder.start(), port);
        Awaitility.await("the server on port " + port + ", see " + log)
                .atMost(Duration.ofSeconds(30))
                .until(neighbour::listens);
        return neighbour;
    }

    private boolean listens() {
        if (!process.isAlive()) {
            throw new IllegalStateException("the server ended with status " + process.exitValue());
        }
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 500);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    @Override
    public void close() {
        process.destroy();
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
