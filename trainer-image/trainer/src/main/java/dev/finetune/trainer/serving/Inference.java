package dev.finetune.trainer.serving;

import dev.finetune.trainer.dataset.image.UnreadableImageException;
import dev.finetune.trainer.metric.Decisions;
import dev.finetune.trainer.serving.ModelServer.State;
import dev.finetune.trainer.transform.Entity;
import dev.finetune.trainer.transform.Input;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Lets a request in or turns it away, and waits for its scores no longer than the deadline. */
final class Inference {
    private static final Logger LOG = LoggerFactory.getLogger(Inference.class);

    private static final Semaphore DECODERS = new Semaphore(Runtime.getRuntime().availableProcessors());

    private final Engine engine;
    private final InFlight inFlight;
    private final ServerMetrics metrics;
    private final Supplier<State> state;
    private final Duration timeout;

    Inference(Engine engine, InFlight inFlight, ServerMetrics metrics, Supplier<State> state, Duration timeout) {
        this.engine = engine;
        this.inFlight = inFlight;
        this.metrics = metrics;
        this.state = state;
        this.timeout = timeout;
    }

    /** The model, once it is ready. */
    LoadedModel model() {
        if (engine.loaded().isCompletedExceptionally()) {
            throw ApiException.later(503, "the model cannot be served; the server's log says why");
        }
        if (!engine.loaded().isDone() || state.get() == State.LOADING) {
            throw ApiException.later(503, "the model is loading");
        }
        return engine.loaded().join();
    }

    /** Takes a place for a request; every admitted request is released. */
    void admit() {
        if (state.get() == State.CLOSED) {
            throw ApiException.later(503, "the server is shutting down");
        }
        if (!inFlight.enter()) {
            throw ApiException.later(429, "the server answers as many requests as it may at once");
        }
    }

    void release() {
        inFlight.exit();
    }

    /** A photo waits for its turn as the little that the model takes of it; as many are decoded at once as there are CPUs. */
    private static Input prepared(LoadedModel model, Input input) {
        DECODERS.acquireUninterruptibly();
        try {
            return model.predictor().prepared(input);
        } catch (UnreadableImageException e) {
            throw ApiException.badRequest("expected an image: " + e.getMessage());
        } finally {
            DECODERS.release();
        }
    }

    /** The scores of the inputs, or 504 when the deadline that began at {@code start} passes first. */
    double[][] scores(LoadedModel model, List<? extends Input> inputs, long start) {
        Scoring scoring =
                new Scoring(inputs.stream().map(i -> prepared(model, i)).toList());
        engine.submit(scoring);
        try {
            long left = timeout.toNanos() - (System.nanoTime() - start);
            double[][] scores = scoring.answer().get(Math.max(0, left), TimeUnit.NANOSECONDS);
            long took = System.nanoTime() - scoring.submittedNanos();
            metrics.predicted(scoring.queuedNanos(), took - scoring.queuedNanos());
            for (double[] row : scores) {
                switch (model.shape().answer()) {
                    case Label -> metrics.label(model.labels().get(Decisions.best(row)));
                    case Labels -> metrics.labels(model.given(row));
                    case Tags -> metrics.labels(Entity.types(Decisions.tags(row, model.labels())));
                    case Number -> metrics.number(row[0]);
                }
            }
            return scores;
        } catch (TimeoutException e) {
            scoring.abandon();
            throw new ApiException(504, "no answer within " + timeout.toMillis() + " ms");
        } catch (ExecutionException e) {
            LOG.error("a request could not be scored", e.getCause());
            throw new ApiException(500, "the model failed on this input; see the server's log");
        } catch (CancellationException | InterruptedException e) {
            scoring.abandon();
            throw ApiException.later(503, "the server is shutting down");
        }
    }
}
