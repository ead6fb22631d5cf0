package dev.finetune.trainer.serving;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** An answer before it is sent. */
record Reply(int status, Map<String, String> headers, byte[] body) {
    static Reply json(int status, JsonNode body) {
        return of(status, "application/json", body.toString());
    }

    static Reply of(int status, String contentType, String body) {
        return new Reply(status, Map.of("Content-Type", contentType), body.getBytes(StandardCharsets.UTF_8));
    }

    /** A page whose scripts and styles are its own and that loads nothing from elsewhere. */
    static Reply page(byte[] html) {
        return new Reply(
                200,
                Map.of(
                        "Content-Type",
                        "text/html; charset=utf-8",
                        "Content-Security-Policy",
                        "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; "
                                + "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
                        "X-Content-Type-Options",
                        "nosniff"),
                html);
    }

    static Reply error(ApiException e) {
        Map<String, String> headers = new java.util.HashMap<>(e.headers());
        headers.put("Content-Type", "application/json");
        return new Reply(e.status(), headers, PlainErrors.body(String.valueOf(e.getMessage())));
    }
}
