package dev.finetune.trainer.serving;

import io.helidon.common.buffers.DataReader;
import io.helidon.http.RequestException;
import io.helidon.webserver.http.ServerRequest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;

/** Reads a request's body, at most so long and at most for so long. */
final class Body {
    private static final Map<String, String> CLOSE = Map.of("Connection", "close");

    private Body() {}

    /** All of it, or a refusal where it is longer than that. */
    static byte[] read(ServerRequest request, int maxBytes) {
        if (!request.content().hasEntity()) {
            return new byte[0];
        }
        if (request.headers().contentLength().orElse(0) > maxBytes) {
            throw tooLarge(maxBytes);
        }
        long start = System.nanoTime();
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        byte[] piece = new byte[8192];
        try (InputStream in = request.content().inputStream()) {
            for (int n = in.read(piece); n >= 0; n = in.read(piece)) {
                body.write(piece, 0, n);
                if (body.size() > maxBytes) {
                    throw tooLarge(maxBytes);
                }
                if (System.nanoTime() - start > Limits.BODY_TIME.toNanos()) {
                    throw tooSlow();
                }
            }
            return body.toByteArray();
        } catch (RequestException e) {
            throw e.status().code() == 413
                    ? tooLarge(maxBytes)
                    : new ApiException(e.status().code(), "not a valid body", CLOSE);
        } catch (DataReader.InsufficientDataAvailableException e) {
            throw new ApiException(400, "the body broke off", CLOSE);
        } catch (IOException | UncheckedIOException e) {
            throw tooSlow();
        }
    }

    private static ApiException tooLarge(int maxBytes) {
        return new ApiException(413, "expected a body of at most " + maxBytes + " bytes", CLOSE);
    }

    private static ApiException tooSlow() {
        return new ApiException(408, "the body did not arrive within " + Limits.BODY_TIME.toSeconds() + " s", CLOSE);
    }
}
