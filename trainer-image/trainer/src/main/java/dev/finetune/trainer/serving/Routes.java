package dev.finetune.trainer.serving;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.finetune.trainer.serving.LoadedModel.Identity;
import dev.finetune.trainer.serving.ModelServer.State;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Which address answers what. */
final class Routes {
    private static final Logger LOG = LoggerFactory.getLogger(Routes.class);
    private static final String MODEL = "/v2/models/{model}";
    private static final String VERSION = MODEL + "/versions/{version}";

    /** Bodies of images that are read at once: together no more than those of texts on all connections. */
    private static final Semaphore LARGE_BODIES =
            new Semaphore((int) ((long) Limits.CONNECTIONS * Limits.BODY_BYTES / Limits.IMAGE_BODY_BYTES));

    private final Inference inference;
    private final ServerMetrics metrics;
    private final Supplier<State> state;

    /** Makes an answer of a request. */
    @FunctionalInterface
    private interface Endpoint {
        Reply answer(ServerRequest request);
    }

    /** Reads a request for predictions; what it gives back answers it. */
    @FunctionalInterface
    private interface Question {
        Supplier<Reply> ask(ServerRequest request);
    }

    Routes(Inference inference, ServerMetrics metrics, Supplier<State> state) {
        this.inference = inference;
        this.metrics = metrics;
        this.state = state;
    }

    void register(HttpRouting.Builder rules) {
        get(rules, "/", r -> Reply.page(TryPage.render(inference.model())));
        get(rules, "/report", r -> report());
        get(rules, "/metrics", r -> Reply.of(200, "text/plain; version=0.0.4; charset=utf-8", metrics.scrape()));
        get(rules, "/v2", r -> Reply.json(200, InferenceProtocol.serverMetadata(serverVersion())));
        get(rules, "/v2/health/live", r -> Reply.json(200, flag("live", true)));
        get(rules, "/v2/health/ready", r -> readiness(flag("ready", ready())));
        post(rules, "/predict", this::predict);
        for (String path : new String[] {MODEL, VERSION}) {
            get(rules, path, r -> Reply.json(200, InferenceProtocol.modelMetadata(asked(r))));
            get(rules, path + "/ready", this::modelReady);
            post(rules, path + "/infer", this::infer);
        }
        rules.any((request, response) -> send(
                response,
                Reply.error(new ApiException(
                        404, "nothing is at " + request.path().path() + "; see GET /v2 and POST /predict"))));
    }

    private void get(HttpRouting.Builder rules, String path, Endpoint endpoint) {
        rules.get(path, (request, response) -> send(response, reply(endpoint, request)));
        rules.any(path, (request, response) -> send(response, notAllowed("GET")));
    }

    private void post(HttpRouting.Builder rules, String path, Question question) {
        rules.post(path, (request, response) -> predictions(question, request, response));
        rules.any(path, (request, response) -> send(response, notAllowed("POST")));
    }

    /** A place is taken only once the whole body is here, and given back when the answer is out. */
    private void predictions(Question question, ServerRequest request, ServerResponse response) {
        long start = System.nanoTime();
        Supplier<Reply> answer;
        try {
            answer = question.ask(request);
            inference.admit();
        } catch (RuntimeException e) {
            Reply refusal = refusal(e, request);
            send(response, refusal);
            metrics.answered(refusal.status(), System.nanoTime() - start);
            return;
        }
        try {
            Reply reply = reply(r -> answer.get(), request);
            send(response, reply);
            metrics.answered(reply.status(), System.nanoTime() - start);
        } finally {
            inference.release();
        }
    }

    private static Reply notAllowed(String method) {
        return Reply.error(new ApiException(405, "expected " + method, java.util.Map.of("Allow", method)));
    }

    private static Reply reply(Endpoint endpoint, ServerRequest request) {
        try {
            return endpoint.answer(request);
        } catch (RuntimeException e) {
            return refusal(e, request);
        }
    }

    private static Reply refusal(RuntimeException e, ServerRequest request) {
        if (e instanceof ApiException known) {
            return Reply.error(known);
        }
        LOG.error("{} {} failed", request.prologue().method(), request.path().path(), e);
        return Reply.error(new ApiException(500, "a fault of the server; its log says more"));
    }

    private void send(ServerResponse response, Reply reply) {
        reply.headers().forEach((name, value) -> response.header(HeaderNames.create(name), value));
        if (state.get().compareTo(State.READY) > 0) {
            // Clients that keep connections open should find another server for their next request.
            response.header(HeaderNames.CONNECTION, "close");
        }
        response.status(reply.status()).send(reply.body());
    }

    private boolean ready() {
        return state.get() == State.READY;
    }

    private static Reply readiness(ObjectNode body) {
        return Reply.json(body.path("ready").booleanValue() ? 200 : 503, body);
    }

    private Reply modelReady(ServerRequest request) {
        if (!ready()) {
            return readiness(flag("ready", false));
        }
        return readiness(
                flag("ready", true).put("name", asked(request).identity().name()));
    }

    private static ObjectNode flag(String name, boolean value) {
        return JsonNodeFactory.instance.objectNode().put(name, value);
    }

    private Reply report() {
        byte[] report = inference.model().pages().report();
        if (report.length == 0) {
            throw new ApiException(404, "this artefact has no report");
        }
        return Reply.page(report);
    }

    private Supplier<Reply> infer(ServerRequest request) {
        long start = System.nanoTime();
        LoadedModel model = asked(request);
        InferenceProtocol.Request body = InferenceProtocol.parse(body(request, model), model);
        return () ->
                Reply.json(200, InferenceProtocol.response(body, model, inference.scores(model, body.inputs(), start)));
    }

    private Supplier<Reply> predict(ServerRequest request) {
        long start = System.nanoTime();
        LoadedModel model = inference.model();
        String type = request.headers().contentType().map(t -> t.text()).orElse("");
        PredictBody.Request body = model.shape().images()
                ? ImageBody.parse(body(request, model), type)
                : PredictBody.parse(body(request, model), type, model.shape());
        return () -> Reply.json(200, PredictBody.response(body, model, inference.scores(model, body.inputs(), start)));
    }

    private static byte[] body(ServerRequest request, LoadedModel model) {
        if (!model.shape().images()) {
            return Body.read(request, Limits.BODY_BYTES);
        }
        if (!LARGE_BODIES.tryAcquire()) {
            throw ApiException.later(429, "the server reads as many images as it may at once");
        }
        try {
            return Body.read(request, Limits.IMAGE_BODY_BYTES);
        } finally {
            LARGE_BODIES.release();
        }
    }

    /** The model that the path names, if it is the one that is served. */
    private LoadedModel asked(ServerRequest request) {
        LoadedModel model = inference.model();
        Identity served = model.identity();
        var parameters = request.path().pathParameters();
        String name = parameters.get("model");
        String version = parameters.first("version").orElse(served.version());
        if (!name.equals(served.name()) || !served.isVersion(version)) {
            throw new ApiException(
                    404,
                    "model " + name + " version " + version + " is not served here; served: " + served.name()
                            + " version " + served.version());
        }
        return model;
    }

    private static String serverVersion() {
        String version = Routes.class.getPackage().getImplementationVersion();
        return version == null ? "dev" : version;
    }
}
