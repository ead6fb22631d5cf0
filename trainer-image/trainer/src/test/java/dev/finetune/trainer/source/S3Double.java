package dev.finetune.trainer.source;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * As much of an S3 server as our client asks for, in memory, with faults on demand. It knows key ids but verifies no signature:
 * what a real server says to a wrong one, {@link VersityGatewayTest} tests.
 */
final class S3Double implements AutoCloseable {
    static final String BUCKET = "data";
    static final String KEY_ID = "AKIATEST";
    private static final int PAGE = 1000;

    final Map<String, byte[]> objects = Collections.synchronizedMap(new TreeMap<>());
    final List<String> requests = Collections.synchronizedList(new ArrayList<>());

    /** How often an object was not sent, because the client has it. */
    final AtomicInteger notModified = new AtomicInteger();

    /** Statuses that the next requests are answered with instead; 0 answers as ever. */
    final Deque<Integer> faults = new ConcurrentLinkedDeque<>();

    /** Bytes after which the next downloads break off. */
    final Deque<Integer> cuts = new ConcurrentLinkedDeque<>();

    private final Map<String, Map<Integer, byte[]>> uploads = new ConcurrentHashMap<>();
    private final @Nullable HttpServer server;

    /** Without a server of its own: {@link #answer} is called by another. */
    S3Double(@Nullable HttpServer server) {
        this.server = server;
    }

    static S3Double start() throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        S3Double s3 = new S3Double(server);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", exchange -> {
            try (exchange) {
                s3.answer(exchange);
            }
        });
        server.start();
        return s3;
    }

    String endpoint() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    int unfinishedUploads() {
        return uploads.size();
    }

    void answer(HttpExchange exchange) throws IOException {
        byte[] body = exchange.getRequestBody().readAllBytes();
        URI uri = exchange.getRequestURI();
        String path = uri.getPath().substring(1);
        String bucket = path.contains("/") ? path.substring(0, path.indexOf('/')) : path;
        String key = path.contains("/") ? path.substring(path.indexOf('/') + 1) : "";
        String range = exchange.getRequestHeaders().getFirst("Range");
        requests.add(exchange.getRequestMethod() + " " + key + (range == null ? "" : " " + range));
        String signed = exchange.getRequestHeaders().getFirst("Authorization");
        Integer fault = faults.poll();
        if (fault != null && fault != 0) {
            // Not SlowDown: after that code the SDK itself waits for seconds before it asks again.
            error(exchange, fault, fault >= 500 ? "InternalError" : "InvalidRequest");
        } else if (signed == null || !signed.contains("Credential=" + KEY_ID + "/")) {
            error(exchange, 403, signed == null ? "AccessDenied" : "InvalidAccessKeyId");
        } else if (!bucket.equals(BUCKET)) {
            error(exchange, 404, "NoSuchBucket");
        } else {
            switch (exchange.getRequestMethod()) {
                case "PUT" -> put(exchange, key, query(uri), body);
                case "POST" -> post(exchange, key, query(uri));
                case "DELETE" -> delete(exchange, query(uri));
                default -> get(exchange, key, query(uri), range);
            }
        }
    }

    private void put(HttpExchange exchange, String key, Map<String, String> query, byte[] body) throws IOException {
        String md5 = exchange.getRequestHeaders().getFirst("Content-MD5");
        if (md5 != null && !md5.equals(Base64.getEncoder().encodeToString(md5(body)))) {
            error(exchange, 400, "BadDigest");
            return;
        }
        if (query.containsKey("uploadId")) {
            uploads.get(query.get("uploadId")).put(Integer.parseInt(query.get("partNumber")), body);
        } else {
            objects.put(key, body);
        }
        exchange.getResponseHeaders().set("ETag", tag(body));
        exchange.sendResponseHeaders(200, -1);
    }

    private void post(HttpExchange exchange, String key, Map<String, String> query) throws IOException {
        if (query.containsKey("uploads")) {
            String id = "upload-" + requests.size();
            uploads.put(id, new TreeMap<>());
            xml(
                    exchange,
                    "<InitiateMultipartUploadResult><UploadId>" + id + "</UploadId></InitiateMultipartUploadResult>");
            return;
        }
        ByteArrayOutputStream whole = new ByteArrayOutputStream();
        uploads.remove(query.get("uploadId")).values().forEach(whole::writeBytes);
        objects.put(key, whole.toByteArray());
        xml(exchange, "<CompleteMultipartUploadResult><Key>" + key + "</Key></CompleteMultipartUploadResult>");
    }

    private void delete(HttpExchange exchange, Map<String, String> query) throws IOException {
        uploads.remove(query.get("uploadId"));
        exchange.sendResponseHeaders(204, -1);
    }

    private void get(HttpExchange exchange, String key, Map<String, String> query, @Nullable String range)
            throws IOException {
        if (query.containsKey("list-type")) {
            list(exchange, query);
            return;
        }
        byte[] object = objects.get(key);
        if (object == null) {
            error(exchange, 404, "NoSuchKey");
            return;
        }
        String condition = exchange.getRequestHeaders().getFirst("If-Match");
        if (condition != null && !condition.equals(tag(object))) {
            error(exchange, 412, "PreconditionFailed");
            return;
        }
        if (tag(object).equals(exchange.getRequestHeaders().getFirst("If-None-Match"))) {
            notModified.incrementAndGet();
            exchange.sendResponseHeaders(304, -1);
            return;
        }
        int from = range == null ? 0 : Integer.parseInt(range.substring("bytes=".length(), range.length() - 1));
        exchange.getResponseHeaders().set("ETag", tag(object));
        if (range != null) {
            exchange.getResponseHeaders()
                    .set("Content-Range", "bytes " + from + "-" + (object.length - 1) + "/" + object.length);
        }
        exchange.sendResponseHeaders(range == null ? 200 : 206, object.length == from ? -1 : object.length - from);
        Integer cut = cuts.poll();
        OutputStream out = exchange.getResponseBody();
        out.write(object, from, cut == null ? object.length - from : Math.min(cut, object.length - from));
        out.flush();
    }

    private void list(HttpExchange exchange, Map<String, String> query) throws IOException {
        String prefix = query.getOrDefault("prefix", "");
        String after = query.getOrDefault("continuation-token", "");
        List<String> keys;
        synchronized (objects) {
            keys = objects.keySet().stream()
                    .filter(k -> k.startsWith(prefix) && k.compareTo(after) > 0)
                    .toList();
        }
        List<String> page = keys.subList(0, Math.min(PAGE, keys.size()));
        boolean more = keys.size() > PAGE;
        xml(
                exchange,
                "<ListBucketResult><IsTruncated>" + more + "</IsTruncated>"
                        + (more ? "<NextContinuationToken>" + page.getLast() + "</NextContinuationToken>" : "")
                        + page.stream()
                                .map(k -> "<Contents><Key>" + k + "</Key><Size>" + objects.get(k).length
                                        + "</Size></Contents>")
                                .collect(Collectors.joining())
                        + "</ListBucketResult>");
    }

    private static void error(HttpExchange exchange, int status, String code) throws IOException {
        byte[] body =
                ("<Error><Code>" + code + "</Code><Message>no</Message></Error>").getBytes(StandardCharsets.UTF_8);
        boolean isHead = exchange.getRequestMethod().equals("HEAD");
        exchange.sendResponseHeaders(status, isHead ? -1 : body.length);
        if (!isHead) {
            exchange.getResponseBody().write(body);
        }
    }

    private static void xml(HttpExchange exchange, String xml) throws IOException {
        byte[] body = xml.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/xml");
        exchange.sendResponseHeaders(200, body.length);
        exchange.getResponseBody().write(body);
    }

    private static Map<String, String> query(URI uri) {
        Map<String, String> query = new HashMap<>();
        if (uri.getRawQuery() != null) {
            Arrays.stream(uri.getRawQuery().split("&"))
                    .map(p -> p.split("=", 2))
                    .forEach(p -> query.put(
                            p[0], p.length < 2 ? "" : java.net.URLDecoder.decode(p[1], StandardCharsets.UTF_8)));
        }
        return query;
    }

    private static String tag(byte[] body) {
        return '"' + HexFormat.of().formatHex(md5(body)) + '"';
    }

    private static byte[] md5(byte[] body) {
        try {
            return MessageDigest.getInstance("MD5").digest(body);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        if (server != null) {
            server.stop(0);
        }
    }
}
