package dev.finetune.acceptance.job;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsServer;
import dev.finetune.api.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;

/** A hub beside the cluster that gives one model to those with its token, and remembers what it was asked for. */
final class ModelHub implements AutoCloseable {
    static final String REPOSITORY = "acme/tiny";
    static final String TOKEN = "hf_beside";

    private static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";
    private static final String LISTING = "/api/models/" + REPOSITORY + "/revision/main";
    private static final String FILES = "/" + REPOSITORY + "/resolve/" + COMMIT + "/";

    private final HttpsServer server;
    private final String endpoint;
    private final Map<String, byte[]> files;
    private final List<String> requests = new CopyOnWriteArrayList<>();

    private ModelHub(HttpsServer server, String endpoint, Map<String, byte[]> files) {
        this.server = server;
        this.endpoint = endpoint;
        this.files = files;
    }

    /** Serves the files of that folder. */
    static ModelHub of(Path model, SelfSigned tls) throws IOException, GeneralSecurityException {
        Map<String, byte[]> files = new TreeMap<>();
        try (Stream<Path> found = Files.list(model)) {
            for (Path file : found.toList()) {
                files.put(file.getFileName().toString(), Files.readAllBytes(file));
            }
        }
        HttpsServer server = tls.server();
        ModelHub hub = new ModelHub(
                server, "https://" + tls.host() + ":" + server.getAddress().getPort(), files);
        server.createContext("/", hub::answer);
        server.start();
        return hub;
    }

    String endpoint() {
        return endpoint;
    }

    /** How often it was asked for that file by that method. */
    long asked(String method, String file) {
        return requests.stream().filter((method + " " + file)::equals).count();
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            Optional<byte[]> body = body(exchange);
            boolean head = exchange.getRequestMethod().equals("HEAD");
            exchange.sendResponseHeaders(body.isEmpty() ? 404 : 200, body.isEmpty() || head ? -1 : body.get().length);
            if (body.isPresent() && !head) {
                exchange.getResponseBody().write(body.get());
            }
        }
    }

    /** Without its token nothing is there. */
    private Optional<byte[]> body(HttpExchange exchange) {
        String path = exchange.getRequestURI().getPath();
        if (!("Bearer " + TOKEN).equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
            return Optional.empty();
        }
        if (path.equals(LISTING)) {
            return Optional.of(listing());
        }
        if (!path.startsWith(FILES)) {
            return Optional.empty();
        }
        String file = path.substring(FILES.length());
        requests.add(exchange.getRequestMethod() + " " + file);
        return Optional.ofNullable(files.get(file));
    }

    private byte[] listing() {
        ObjectNode listing =
                Json.MAPPER.createObjectNode().put("id", REPOSITORY).put("sha", COMMIT);
        ArrayNode siblings = listing.putArray("siblings");
        files.forEach((name, bytes) -> {
            ObjectNode file = siblings.addObject().put("rfilename", name).put("size", bytes.length);
            if (name.endsWith(".safetensors")) {
                file.putObject("lfs")
                        .put("sha256", Json.digest(bytes).substring("sha256:".length()))
                        .put("size", bytes.length);
            }
        });
        return listing.toString().getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
