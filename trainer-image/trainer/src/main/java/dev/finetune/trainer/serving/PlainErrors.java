package dev.finetune.trainer.serving;

import dev.finetune.api.Json;
import io.helidon.http.DirectHandler;
import io.helidon.http.DirectHandler.TransportResponse;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.DirectHandlers;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** Errors that the web server finds before a route is reached: in the same shape as all others. */
final class PlainErrors {
    private PlainErrors() {}

    static void register(DirectHandlers.Builder handlers) {
        for (DirectHandler.EventType type : DirectHandler.EventType.values()) {
            handlers.addHandler(
                    type,
                    (request, event, status, headers, message) -> TransportResponse.builder()
                            .status(status)
                            .headers(headers)
                            .header(HeaderNames.CONTENT_TYPE, "application/json")
                            .entity(body(message == null || message.isEmpty() ? status.reasonPhrase() : message))
                            .keepAlive(false)
                            .build());
        }
    }

    static byte[] body(String message) {
        return Json.write(Map.of("error", message)).getBytes(StandardCharsets.UTF_8);
    }
}
