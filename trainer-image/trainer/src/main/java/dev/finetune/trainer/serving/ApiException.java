package dev.finetune.trainer.serving;

import java.util.Map;

/** A request that is answered with an error: the status, what the client should know, and headers that belong to it. */
final class ApiException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int status;
    private final transient Map<String, String> headers;

    ApiException(int status, String message) {
        this(status, message, Map.of());
    }

    ApiException(int status, String message, Map<String, String> headers) {
        super(message, null, false, false);
        this.status = status;
        this.headers = headers;
    }

    static ApiException badRequest(String message) {
        return new ApiException(400, message);
    }

    /** Come back in a second: the server is loading, draining or full. */
    static ApiException later(int status, String message) {
        return new ApiException(status, message, Map.of("Retry-After", "1"));
    }

    int status() {
        return status;
    }

    Map<String, String> headers() {
        return headers;
    }
}
