package dev.finetune.operator.telemetry;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BooleanSupplier;

/** {@code /livez}, {@code /readyz} and {@code /metrics}. */
public final class HealthServer implements AutoCloseable {
    private final HttpServer server;
    private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();

    private HealthServer(HttpServer server) {
        this.server = server;
    }

    /**
     * Starts to listen; port 0 takes a free one.
     *
     * @param live informers and watches work
     * @param ready caches are filled; also true on a standby, which waits for the lease with warm caches
     */
    public static HealthServer start(
            int port, BooleanSupplier live, BooleanSupplier ready, PrometheusMeterRegistry metrics) {
        try {
            HealthServer health = new HealthServer(HttpServer.create(new InetSocketAddress(port), 0));
            health.server.setExecutor(health.executor);
            health.server.createContext("/livez", exchange -> probe(exchange, live));
            health.server.createContext("/readyz", exchange -> probe(exchange, ready));
            health.server.createContext(
                    "/metrics",
                    exchange ->
                            answer(exchange, HttpURLConnection.HTTP_OK, "text/plain; version=0.0.4", metrics.scrape()));
            health.server.start();
            return health;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot listen on port " + port, e);
        }
    }

    /** The port that is listened on. */
    public int port() {
        return server.getAddress().getPort();
    }

    @Override
    public void close() {
        server.stop(0);
        executor.close();
    }

    private static void probe(HttpExchange exchange, BooleanSupplier check) throws IOException {
        boolean passed = check.getAsBoolean();
        answer(
                exchange,
                passed ? HttpURLConnection.HTTP_OK : HttpURLConnection.HTTP_UNAVAILABLE,
                "text/plain",
                passed ? "ok\n" : "not yet\n");
    }

    private static void answer(HttpExchange exchange, int code, String type, String text) throws IOException {
        try (exchange) {
            byte[] body = text.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", type);
            exchange.sendResponseHeaders(code, body.length);
            exchange.getResponseBody().write(body);
        }
    }
}
