package dev.finetune.trainer.serving;

import dev.finetune.api.Answer;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http1.Http1Config;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves one model over HTTP. It listens from the start and is alive, turns ready when the model is verified and warm, and stops in
 * three steps: not ready but still accepting while proxies hear of it, then finishing what it owes, then gone.
 */
public final class ModelServer {
    private static final Logger LOG = LoggerFactory.getLogger(ModelServer.class);

    /** Where a server stands; it only moves forward. */
    enum State {
        LOADING,
        READY,
        SETTLING,
        CLOSED
    }

    /** Waits; tests step through it. */
    @FunctionalInterface
    interface Pause {
        void of(Duration time) throws InterruptedException;
    }

    private final AtomicReference<State> state = new AtomicReference<>(State.LOADING);
    private final ServerOptions options;
    private final Engine engine;
    private final InFlight inFlight;
    private final WebServer web;
    private final Pause pause;
    private final CompletableFuture<Void> ready;

    private ModelServer(ServerOptions options, ModelLoader loader, Pause pause) {
        this.options = options;
        this.pause = pause;
        this.inFlight = new InFlight(options.maxConcurrency());
        ServerMetrics metrics = new ServerMetrics();
        metrics.inFlight(inFlight::count);
        this.engine = Engine.start(loader, options.maxBatchSize(), metrics);
        this.ready = engine.loaded().thenAccept(model -> {
            metrics.model(model.identity());
            if (model.shape().answer() == Answer.Number) {
                metrics.numbers();
            }
            state.compareAndSet(State.LOADING, State.READY);
        });
        Inference inference = new Inference(engine, inFlight, metrics, state::get, options.timeout());
        this.web = listen(options, new Routes(inference, metrics, state::get));
    }

    /** Serves a published artefact; returns as soon as it listens, {@link #ready} tells the rest. */
    public static ModelServer start(Path artifact, ServerOptions options) {
        return start(options, new ArtifactLoader(artifact, options.modelName()), Thread::sleep);
    }

    static ModelServer start(ServerOptions options, ModelLoader loader, Pause pause) {
        return new ModelServer(options, loader, pause);
    }

    private static WebServer listen(ServerOptions options, Routes routes) {
        return WebServer.builder()
                .port(options.port())
                .host("0.0.0.0")
                .shutdownHook(false)
                // Of a model of texts a body is cut off earlier, when it is read.
                .maxPayloadSize(Limits.IMAGE_BODY_BYTES)
                .maxTcpConnections(Limits.CONNECTIONS)
                .idleConnectionTimeout(Limits.IDLE_TIME)
                .connectionOptions(o -> o.readTimeout(Limits.READ_TIME).connectTimeout(Limits.READ_TIME))
                .addProtocol(Http1Config.builder()
                        .maxHeadersSize(Limits.HEADER_BYTES)
                        .maxPrologueLength(4096)
                        .build())
                .directHandlers(PlainErrors::register)
                .routing(routes::register)
                .build()
                .start();
    }

    /** The port it listens on: the asked one, or a free one where 0 was asked. */
    public int port() {
        return web.port();
    }

    /** Completes when it is ready; fails when the model cannot be served. */
    public CompletableFuture<Void> ready() {
        return ready;
    }

    /** Completes when the engine can no longer work, with the reason: the process should end. */
    public CompletableFuture<Throwable> died() {
        return engine.died();
    }

    /** Turns not ready, settles, answers what it owes and stops; returns when all of it is over. */
    public void drain() throws InterruptedException {
        if (state.getAndSet(State.SETTLING) == State.READY) {
            LOG.info(
                    "draining: not ready, accepting for {} s more",
                    options.settle().toSeconds());
            pause.of(options.settle());
        }
        state.set(State.CLOSED);
        if (!inFlight.awaitIdle(options.drain())) {
            LOG.warn(
                    "{} request(s) are still unanswered after {} s",
                    inFlight.count(),
                    options.drain().toSeconds());
        }
        web.stop();
        engine.close();
        LOG.info("stopped");
    }
}
