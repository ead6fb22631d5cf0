package dev.finetune.trainer.source;

import com.sun.net.httpserver.HttpExchange;
import dev.finetune.api.Json;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A registry that does what a real one cannot be made to do: lie, fail, and keep its blobs on another host. It asks for the token of a service at a third host, as the
 * specification of Distribution's token authentication says.
 */
final class OciDouble implements AutoCloseable {
    static final String IDENTITY = "a-refresh-token";
    private static final Pattern PATH = Pattern.compile("/v2/(.+?)/(manifests|blobs)/(.+)");
    private static final Pattern RANGE = Pattern.compile("bytes=(\\d+)-(\\d+)");

    private record Stored(String mediaType, byte[] bytes) {}

    private final Map<String, byte[]> blobs = new ConcurrentHashMap<>();
    private final Map<String, Stored> manifests = new ConcurrentHashMap<>();
    private final Map<String, String> tokens = new ConcurrentHashMap<>();
    private final AtomicInteger given = new AtomicInteger();
    private final TestServer registry = new TestServer(this::answer);
    private final TestServer storage = new TestServer(this::store);
    private final TestServer service = new TestServer(this::token);

    /** What was asked: {@code registry GET /v2/...}, with the scheme of the login where one came, and the range. */
    final List<String> requests = Collections.synchronizedList(new ArrayList<>());

    /** The answers to the next requests to the registry, 0 for the right one. */
    final Deque<Integer> faults = new ConcurrentLinkedDeque<>();

    /** Bytes after which the next downloads break off. */
    final Deque<Integer> cuts = new ConcurrentLinkedDeque<>();

    /** Blobs and manifests that are given with a byte changed. */
    final Set<String> lies = ConcurrentHashMap.newKeySet();

    volatile boolean keepsBlobsElsewhere;
    volatile boolean asksForLogin = true;

    OciDouble() throws IOException {}

    String authority() {
        return registry.uri("").getRawAuthority();
    }

    /** From now on no token counts that was given before. */
    void expireTokens() {
        tokens.clear();
    }

    private void answer(HttpExchange x) throws IOException {
        String authorization = noted("registry", x);
        Integer fault = faults.poll();
        if (fault != null && fault != 0) {
            send(x, fault, new byte[0]);
            return;
        }
        Matcher path = PATH.matcher(x.getRequestURI().getPath());
        if (!path.matches()) {
            error(x, 404, "NAME_UNKNOWN");
            return;
        }
        boolean writes = !x.getRequestMethod().matches("GET|HEAD");
        String scope = "repository:" + path.group(1) + ":" + (writes ? "pull,push" : "pull");
        String allowed = authorization == null ? "" : tokens.getOrDefault(authorization, "");
        if (asksForLogin && !allowed.contains(scope)) {
            x.getResponseHeaders()
                    .set(
                            "WWW-Authenticate",
                            "Bearer realm=\"" + service.uri("/token") + "\",service=\"double\",scope=\"" + scope
                                    + "\"");
            error(x, 401, "UNAUTHORIZED");
            return;
        }
        String name = path.group(1);
        String what = path.group(3);
        switch (x.getRequestMethod() + " " + path.group(2)) {
            case "GET manifests" -> manifest(x, name + " " + what);
            case "PUT manifests" -> {
                byte[] bytes = x.getRequestBody().readAllBytes();
                Stored stored = new Stored(x.getRequestHeaders().getFirst("Content-Type"), bytes);
                manifests.put(name + " " + what, stored);
                manifests.put(name + " " + Json.digest(bytes), stored);
                send(x, 201, new byte[0]);
            }
            case "HEAD blobs" -> send(x, blobs.containsKey(what) ? 200 : 404, new byte[0]);
            case "GET blobs" -> {
                if (keepsBlobsElsewhere) {
                    x.getResponseHeaders()
                            .set(
                                    "Location",
                                    "https://127.0.0.1:" + storage.uri("").getPort() + "/" + what);
                    send(x, 307, new byte[0]);
                } else {
                    blob(x, what);
                }
            }
            case "POST blobs" -> {
                x.getResponseHeaders().set("Location", "/v2/" + name + "/blobs/uploads/1?state=a");
                send(x, 202, new byte[0]);
            }
            case "PUT blobs" -> upload(x);
            default -> send(x, 405, new byte[0]);
        }
    }

    private void upload(HttpExchange x) throws IOException {
        byte[] bytes = x.getRequestBody().readAllBytes();
        String digest = x.getRequestURI().getQuery().replaceFirst(".*digest=", "");
        if (!Json.digest(bytes).equals(digest)) {
            error(x, 400, "DIGEST_INVALID");
            return;
        }
        blobs.put(digest, bytes);
        send(x, 201, new byte[0]);
    }

    private void manifest(HttpExchange x, String key) throws IOException {
        Stored stored = manifests.get(key);
        if (stored == null) {
            error(x, 404, "MANIFEST_UNKNOWN");
            return;
        }
        x.getResponseHeaders().set("Content-Type", stored.mediaType());
        send(x, 200, lies.contains(key.substring(key.indexOf(' ') + 1)) ? changed(stored.bytes()) : stored.bytes());
    }

    /** The host that keeps the bytes. */
    private void store(HttpExchange x) throws IOException {
        noted("storage", x);
        blob(x, x.getRequestURI().getPath().substring(1));
    }

    private void blob(HttpExchange x, String digest) throws IOException {
        byte[] bytes = blobs.get(digest);
        if (bytes == null) {
            error(x, 404, "BLOB_UNKNOWN");
            return;
        }
        byte[] sent = lies.contains(digest) ? changed(bytes) : bytes;
        Matcher range = RANGE.matcher(String.valueOf(x.getRequestHeaders().getFirst("Range")));
        int from = range.matches() ? Integer.parseInt(range.group(1)) : 0;
        int end = range.matches() ? Integer.parseInt(range.group(2)) + 1 : sent.length;
        if (range.matches()) {
            x.getResponseHeaders().set("Content-Range", "bytes " + from + "-" + (end - 1) + "/" + sent.length);
        }
        Integer cut = cuts.poll();
        x.sendResponseHeaders(range.matches() ? 206 : 200, end - from);
        x.getResponseBody().write(sent, from, cut == null ? end - from : Math.min(cut, end - from));
        x.getResponseBody().flush();
    }

    private void token(HttpExchange x) throws IOException {
        String authorization = noted("service", x);
        String form = x.getRequestMethod().equals("POST")
                ? new String(x.getRequestBody().readAllBytes(), StandardCharsets.UTF_8)
                : x.getRequestURI().getRawQuery();
        String login = Base64.getEncoder()
                .encodeToString((OciFixture.USER + ":" + OciFixture.PASSWORD).getBytes(StandardCharsets.UTF_8));
        boolean isKnown = ("Basic " + login).equals(authorization)
                || (form.contains("grant_type=refresh_token") && form.contains("refresh_token=" + IDENTITY));
        if (!isKnown) {
            send(x, 401, new byte[0]);
            return;
        }
        String token = "token-" + given.incrementAndGet();
        tokens.put("Bearer " + token, URLDecoder.decode(form, StandardCharsets.UTF_8));
        send(x, 200, Json.write(Map.of("token", token)).getBytes(StandardCharsets.UTF_8));
    }

    private @Nullable String noted(String host, HttpExchange x) {
        String authorization = x.getRequestHeaders().getFirst("Authorization");
        String range = x.getRequestHeaders().getFirst("Range");
        requests.add(host + " " + x.getRequestMethod() + " " + x.getRequestURI().getPath()
                + (authorization == null ? "" : " " + authorization.replaceFirst(" .*", ""))
                + (range == null ? "" : " " + range));
        return authorization;
    }

    private static byte[] changed(byte[] bytes) {
        byte[] changed = bytes.clone();
        changed[changed.length - 1] ^= 1;
        return changed;
    }

    private static void error(HttpExchange x, int status, String code) throws IOException {
        send(
                x,
                status,
                Json.write(Map.of("errors", List.of(Map.of("code", code)))).getBytes(StandardCharsets.UTF_8));
    }

    private static void send(HttpExchange x, int status, byte[] bytes) throws IOException {
        x.getRequestBody().readAllBytes();
        x.sendResponseHeaders(status, bytes.length == 0 || x.getRequestMethod().equals("HEAD") ? -1 : bytes.length);
        if (bytes.length > 0 && !x.getRequestMethod().equals("HEAD")) {
            x.getResponseBody().write(bytes);
        }
    }

    @Override
    public void close() {
        registry.close();
        storage.close();
        service.close();
    }
}
