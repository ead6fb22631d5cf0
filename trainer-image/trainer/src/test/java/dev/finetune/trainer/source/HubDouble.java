package dev.finetune.trainer.source;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import dev.finetune.api.Json;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A hub that answers what clients of the Hugging Face Hub ask, Python's {@code huggingface_hub} included (HubPythonTest). Files whose
 * names end in {@code .safetensors} or {@code .parquet} are kept by another host, to which downloads are redirected.
 */
final class HubDouble implements AutoCloseable {
    static final String TOKEN = "hf_secret";
    private static final Pattern API = Pattern.compile("/api/(models|datasets)/([^/]+/[^/]+)(?:/revision/([^/]+))?");
    private static final Pattern TREE = Pattern.compile("/api/(models|datasets)/([^/]+/[^/]+)/tree/([^/]+)");
    private static final Pattern RESOLVE = Pattern.compile("/(datasets/)?([^/]+/[^/]+)/resolve/([^/]+)/(.+)");

    /** A repository: revisions to commits, commits to files. */
    record Repository(boolean isPrivate, Map<String, String> revisions, Map<String, Map<String, byte[]>> commits) {}

    private final Map<String, Repository> repositories = new ConcurrentHashMap<>();
    private final TestServer hub;
    private final TestServer storage;

    /** What was asked, with the token where one came: {@code hub GET /path Bearer ...}. */
    final List<String> requests = Collections.synchronizedList(new ArrayList<>());

    /** Bytes after which the next downloads from the other host break off. */
    final List<Integer> cuts = Collections.synchronizedList(new ArrayList<>());

    private final java.util.Set<String> lies = ConcurrentHashMap.newKeySet();

    /** Whether files are refused, as those of a model whose terms were not accepted: it can be listed all the same. */
    volatile boolean refusesFiles;

    /** From now on the hub names another digest of that file. */
    void lieAbout(String file) {
        lies.add(file);
    }

    HubDouble() throws IOException {
        hub = new TestServer(this::answer);
        storage = new TestServer(this::store);
    }

    /** {@code https://localhost:port}; the other host is {@code 127.0.0.1}. */
    String endpoint() {
        return hub.uri("").toString();
    }

    /** Adds a commit and lets the revision name it. */
    HubDouble commit(String kind, String name, String revision, String sha, Map<String, byte[]> files) {
        Repository repository = repositories.computeIfAbsent(
                kind + "/" + name, k -> new Repository(name.startsWith("private/"), new TreeMap<>(), new TreeMap<>()));
        repository.revisions().put(revision, sha);
        repository.revisions().put(sha, sha);
        repository.commits().put(sha, new TreeMap<>(files));
        return this;
    }

    private void answer(HttpExchange exchange) throws IOException {
        String token = exchange.getRequestHeaders().getFirst("Authorization");
        String path = exchange.getRequestURI().getRawPath();
        requests.add("hub " + exchange.getRequestMethod() + " " + path + (token == null ? "" : " " + token));
        Matcher api = API.matcher(path);
        Matcher tree = TREE.matcher(path);
        Matcher resolve = RESOLVE.matcher(path);
        if (api.matches()) {
            withCommit(
                    exchange,
                    api.group(1),
                    api.group(2),
                    api.group(3) == null ? "main" : api.group(3),
                    token,
                    (sha, files) ->
                            json(exchange, info(api.group(2), sha, files).toString()));
        } else if (tree.matches()) {
            withCommit(
                    exchange,
                    tree.group(1),
                    tree.group(2),
                    tree.group(3),
                    token,
                    (sha, files) -> json(exchange, tree(files).toString()));
        } else if (resolve.matches() && refusesFiles) {
            status(exchange, 403, "GatedRepo");
        } else if (resolve.matches()) {
            withCommit(
                    exchange,
                    resolve.group(1) == null ? "models" : "datasets",
                    resolve.group(2),
                    resolve.group(3),
                    token,
                    (sha, files) -> file(
                            exchange, sha, java.net.URI.create(resolve.group(4)).getPath(), files));
        } else {
            status(exchange, 404, "EntryNotFound");
        }
    }

    private interface Found {
        void answer(String sha, Map<String, byte[]> files) throws IOException;
    }

    private void withCommit(
            HttpExchange exchange, String kind, String name, String revision, @Nullable String token, Found found)
            throws IOException {
        Repository repository = repositories.get(kind + "/" + name);
        boolean allowed = repository != null && (!repository.isPrivate() || ("Bearer " + TOKEN).equals(token));
        if (!allowed) {
            // As the hub does: who may not know is not told whether it exists.
            status(exchange, 401, "RepoNotFound");
            return;
        }
        String sha = repository.revisions().get(revision.replace("%2F", "/"));
        if (sha == null) {
            status(exchange, 404, "RevisionNotFound");
            return;
        }
        exchange.getResponseHeaders().set("X-Repo-Commit", sha);
        found.answer(sha, repository.commits().get(sha));
    }

    private ObjectNode info(String name, String sha, Map<String, byte[]> files) {
        ObjectNode info = Json.MAPPER.createObjectNode();
        info.put("id", name).put("sha", sha).put("private", false).put("gated", false);
        ArrayNode siblings = info.putArray("siblings");
        files.forEach((file, bytes) -> {
            ObjectNode sibling = siblings.addObject().put("rfilename", file).put("size", bytes.length);
            if (isLarge(file)) {
                sibling.putObject("lfs")
                        .put("sha256", lies.contains(file) ? "0".repeat(64) : sha256(bytes))
                        .put("size", bytes.length)
                        .put("pointerSize", 130);
            }
        });
        return info;
    }

    private static ArrayNode tree(Map<String, byte[]> files) {
        ArrayNode tree = Json.MAPPER.createArrayNode();
        files.forEach((file, bytes) -> tree.addObject()
                .put("type", "file")
                .put("path", file)
                .put("size", bytes.length)
                .put("oid", sha256(bytes).substring(0, 40)));
        return tree;
    }

    private void file(HttpExchange exchange, String sha, String file, Map<String, byte[]> files) throws IOException {
        byte[] bytes = files.get(file);
        if (bytes == null) {
            status(exchange, 404, "EntryNotFound");
            return;
        }
        if (isLarge(file)) {
            exchange.getResponseHeaders().set("X-Linked-ETag", '"' + sha256(bytes) + '"');
            exchange.getResponseHeaders().set("X-Linked-Size", String.valueOf(bytes.length));
            exchange.getResponseHeaders()
                    .set(
                            "Location",
                            storage.uri("/" + sha + "/" + file + "?signature=x")
                                    .toString()
                                    .replace("localhost", "127.0.0.1"));
            exchange.sendResponseHeaders(302, -1);
            return;
        }
        exchange.getResponseHeaders().set("ETag", '"' + sha256(bytes).substring(0, 40) + '"');
        send(exchange, bytes, Integer.MAX_VALUE);
    }

    private void store(HttpExchange exchange) throws IOException {
        String token = exchange.getRequestHeaders().getFirst("Authorization");
        String path = exchange.getRequestURI().getPath().substring(1);
        String range = exchange.getRequestHeaders().getFirst("Range");
        requests.add("storage " + exchange.getRequestMethod() + " " + path + (range == null ? "" : " " + range)
                + (token == null ? "" : " " + token));
        String sha = path.substring(0, path.indexOf('/'));
        byte[] bytes = repositories.values().stream()
                .map(r -> r.commits().get(sha))
                .filter(files -> files != null && files.containsKey(path.substring(path.indexOf('/') + 1)))
                .findFirst()
                .orElseThrow()
                .get(path.substring(path.indexOf('/') + 1));
        exchange.getResponseHeaders().set("ETag", '"' + sha256(bytes) + '"');
        send(exchange, bytes, cuts.isEmpty() ? Integer.MAX_VALUE : cuts.removeFirst());
    }

    private static void send(HttpExchange exchange, byte[] bytes, int cut) throws IOException {
        String range = exchange.getRequestHeaders().getFirst("Range");
        int from = range == null ? 0 : Integer.parseInt(range.replaceAll("bytes=(\\d+)-.*", "$1"));
        if (range != null) {
            exchange.getResponseHeaders()
                    .set("Content-Range", "bytes " + from + "-" + (bytes.length - 1) + "/" + bytes.length);
        }
        boolean isHead = exchange.getRequestMethod().equals("HEAD");
        if (isHead) {
            exchange.getResponseHeaders().set("Content-Length", String.valueOf(bytes.length));
        }
        exchange.sendResponseHeaders(
                range == null ? 200 : 206, isHead || bytes.length == from ? -1 : bytes.length - from);
        if (!isHead) {
            OutputStream out = exchange.getResponseBody();
            out.write(bytes, from, Math.min(cut, bytes.length - from));
            out.flush();
        }
    }

    private static void json(HttpExchange exchange, String json) throws IOException {
        byte[] body = json.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(200, body.length);
        exchange.getResponseBody().write(body);
    }

    private static void status(HttpExchange exchange, int status, String code) throws IOException {
        exchange.getResponseHeaders().set("X-Error-Code", code);
        exchange.sendResponseHeaders(status, -1);
    }

    private static boolean isLarge(String file) {
        return file.endsWith(".safetensors") || file.endsWith(".parquet");
    }

    private static String sha256(byte[] bytes) {
        return Json.digest(bytes).substring("sha256:".length());
    }

    @Override
    public void close() {
        hub.close();
        storage.close();
    }
}
