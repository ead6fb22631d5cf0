package dev.finetune.trainer.serving;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Input that a stranger might send; after each the server still answers. */
@Timeout(60)
class LimitsTest {
    private static RunningServer server;

    @BeforeAll
    static void start() {
        server = RunningServer.start();
    }

    @AfterAll
    static void stop() throws Exception {
        server.predict("still there").expect(200);
        server.close();
    }

    @Test
    void takesABodyOfExactlyTheLimit() {
        server.predict("a".repeat(Limits.BODY_BYTES)).expect(200);
    }

    @Test
    void refusesABodyBeyondTheLimit() throws Exception {
        assertThat(raw("POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: " + (Limits.BODY_BYTES + 1) + "\r\n\r\n"))
                .startsWith("HTTP/1.1 413 ")
                .contains("{\"error\":");
    }

    @Test
    void refusesAChunkedBodyBeyondTheLimit() throws Exception {
        String chunk = "10000\r\n" + "a".repeat(0x10000) + "\r\n";
        assertThat(raw("POST /predict HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk.repeat(17)))
                .startsWith("HTTP/1.1 413 ")
                .contains("at most 1048576 bytes");
    }

    @Test
    void refusesTooManyTexts() throws Exception {
        assertThat(server.infer(Collections.nCopies(Limits.INPUTS + 1, "a"))
                        .expect(413)
                        .error())
                .contains("at most 256 texts");
        server.infer(Collections.nCopies(Limits.INPUTS, "a")).expect(200);
    }

    @Test
    void refusesDeepJson() {
        assertThat(server.post("/predict", "application/json", "[".repeat(100_000))
                        .expect(400)
                        .error())
                .contains("nesting depth");
    }

    @Test
    void refusesLongHeaders() throws Exception {
        assertThat(raw("GET /v2 HTTP/1.1\r\nHost: x\r\nX: " + "a".repeat(Limits.HEADER_BYTES + 1) + "\r\n\r\n"))
                .matches("(?s)HTTP/1.1 4\\d\\d .*");
    }

    @Test
    void refusesALongAddress() throws Exception {
        assertThat(raw("GET /" + "a".repeat(10_000) + " HTTP/1.1\r\nHost: x\r\n\r\n"))
                .doesNotContain(" 200 ");
    }

    @Test
    void refusesWhatIsNoHttp() throws Exception {
        assertThat(raw("\u0016\u0003\u0001 hello\r\n\r\n")).doesNotContain(" 200 ");
    }

    @Test
    void refusesBrokenUtf8() {
        var answer = server.send(HttpRequest.newBuilder(server.uri("/predict"))
                .header("Content-Type", "text/plain")
                .POST(BodyPublishers.ofByteArray(new byte[] {(byte) 0xc3, (byte) 0x28})));

        assertThat(answer.expect(400).error()).contains("not valid UTF-8");
    }

    @Test
    void refusesABodyThatBreaksOff() throws Exception {
        try (Socket socket = new Socket("localhost", server.server.port())) {
            socket.getOutputStream()
                    .write("POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc"
                            .getBytes(StandardCharsets.US_ASCII));
            socket.shutdownOutput();
            assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                    .doesNotContain(" 200 ");
        }
    }

    @Test
    void takesAStreamedBody() {
        InputStream body = new ByteArrayInputStream("spam".getBytes(StandardCharsets.UTF_8));
        var answer = server.send(HttpRequest.newBuilder(server.uri("/predict"))
                .header("Content-Type", "text/plain")
                .POST(BodyPublishers.ofInputStream(() -> body)));

        assertThat(answer.expect(200).json().path("label").asText()).isEqualTo("spam");
    }

    /** What the server says before it closes; a reset after its answer is what a client may see as well. */
    private static String raw(String request) throws Exception {
        try (Socket socket = new Socket("localhost", server.server.port())) {
            socket.setSoTimeout(15_000);
            Thread writer = Thread.startVirtualThread(() -> {
                try {
                    OutputStream out = socket.getOutputStream();
                    out.write(request.getBytes(StandardCharsets.ISO_8859_1));
                    out.flush();
                    socket.shutdownOutput();
                } catch (java.io.IOException e) {
                    // The server may close before it has read all of it.
                }
            });
            StringBuilder answer = new StringBuilder();
            byte[] piece = new byte[4096];
            try {
                for (int n = socket.getInputStream().read(piece);
                        n >= 0;
                        n = socket.getInputStream().read(piece)) {
                    answer.append(new String(piece, 0, n, StandardCharsets.UTF_8));
                }
            } catch (java.io.IOException e) {
                // Reset: what came before counts.
            }
            writer.join();
            return answer.toString();
        }
    }
}
