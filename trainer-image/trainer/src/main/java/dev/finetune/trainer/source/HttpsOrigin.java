package dev.finetune.trainer.source;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A file behind an https address.
 *
 * @param shown what messages call it
 * @param whenForbidden what a refusal to show it means, and what to do
 */
record HttpsOrigin(
        String shown, URI address, Map<String, String> headers, SafeConnection connections, String whenForbidden)
        implements Origin {
    @Override
    public Body open(long from, @Nullable String entityTag) throws IOException {
        Map<String, String> all = new HashMap<>(headers);
        if (entityTag != null) {
            all.put("Range", "bytes=" + from + "-");
            all.put("If-Range", entityTag);
        }
        HttpURLConnection connection = connections.get(address, all);
        try {
            check(connection);
            boolean partial = connection.getResponseCode() == HttpURLConnection.HTTP_PARTIAL;
            if (partial
                    && !String.valueOf(connection.getHeaderField("Content-Range"))
                            .startsWith("bytes " + from + "-")) {
                throw new IOException("the server sends another range than it was asked for");
            }
            String tag = connection.getHeaderField("ETag");
            return new Body(
                    connection.getInputStream(),
                    connection.getContentLengthLong(),
                    partial,
                    tag != null && tag.startsWith("\"") ? tag : null,
                    connection::disconnect);
        } catch (IOException | RuntimeException e) {
            connection.disconnect();
            throw e;
        }
    }

    @Override
    public boolean isUnchanged(String version) throws IOException {
        Map<String, String> all = new HashMap<>(headers);
        all.put("If-None-Match", version);
        HttpURLConnection connection = connections.get(address, all);
        try {
            if (connection.getResponseCode() == HttpURLConnection.HTTP_NOT_MODIFIED) {
                return true;
            }
            check(connection);
            return false;
        } finally {
            connection.disconnect();
        }
    }

    /** Whether the server would send the file, wherever it keeps the bytes: a request without a body. */
    boolean mayBeRead() throws IOException {
        URI hop = address;
        for (int i = 0; i < SafeConnection.MAX_REDIRECTS; i++) {
            HttpURLConnection connection = connections.request("HEAD", hop, headers);
            try {
                int status = connection.getResponseCode();
                String location = connection.getHeaderField("Location");
                if (status < 300 || status >= 400 || location == null) {
                    check(connection);
                    return true;
                }
                URI next = hop.resolve(location);
                if (!address.getRawAuthority().equalsIgnoreCase(next.getRawAuthority())) {
                    return true;
                }
                hop = next;
            } catch (IllegalArgumentException e) {
                return false;
            } finally {
                connection.disconnect();
            }
        }
        return false;
    }

    private void check(HttpURLConnection connection) throws IOException {
        int status = connection.getResponseCode();
        switch (status) {
            case 200, 206 -> {}
            case 404, 410 -> throw new Download.NotThere();
            case 401, 403 ->
                throw Download.unavailable(shown, "the server answers " + status + ": " + whenForbidden, null);
            case 408, 416, 425, 429 -> throw new Download.Busy(status, retryAfter(connection));
            default -> {
                if (status >= 500) {
                    throw new Download.Busy(status, retryAfter(connection));
                }
                throw Download.unavailable(shown, "the server answers " + status, null);
            }
        }
    }

    /** How long the server asks to be left alone. */
    static Duration retryAfter(HttpURLConnection connection) {
        return Duration.ofSeconds(Math.max(0, connection.getHeaderFieldLong("Retry-After", 0)));
    }
}
