package dev.finetune.trainer.serving;

import dev.finetune.trainer.model.Predictor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread that touches the model. It takes whatever waits, up to a batch, scores it, and looks again: while it works the next
 * batch gathers, so a busy engine works in batches and an idle one answers at once.
 */
final class Engine implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Engine.class);

    private final BlockingQueue<Scoring.Part> queue = new LinkedBlockingQueue<>();
    private final CompletableFuture<LoadedModel> loaded = new CompletableFuture<>();
    private final CompletableFuture<Throwable> died = new CompletableFuture<>();
    private final CompletableFuture<Throwable> ended = new CompletableFuture<>();
    private final int maxBatchSize;
    private final ServerMetrics metrics;
    private final Thread thread;
    private volatile boolean closing;

    private Engine(ModelLoader loader, int maxBatchSize, ServerMetrics metrics) {
        this.maxBatchSize = maxBatchSize;
        this.metrics = metrics;
        this.thread = Thread.ofPlatform().name("engine").daemon().unstarted(() -> work(loader));
    }

    /** Begins to load; {@link #loaded} tells how it ends. */
    static Engine start(ModelLoader loader, int maxBatchSize, ServerMetrics metrics) {
        Engine engine = new Engine(loader, maxBatchSize, metrics);
        metrics.queue(engine.queue::size);
        engine.thread.start();
        return engine;
    }

    /** The model once it is ready, or why it never will be. */
    CompletableFuture<LoadedModel> loaded() {
        return loaded;
    }

    /** Completes when the engine can no longer work, with the reason; not when it is closed. */
    CompletableFuture<Throwable> died() {
        return died;
    }

    /** Puts all texts of a request in line. */
    void submit(Scoring request) {
        queue.addAll(request.parts());
        if (ended.isDone()) {
            request.fail(ended.join());
        }
    }

    private void work(ModelLoader loader) {
        try {
            LoadedModel model = loader.load();
            try (Predictor predictor = model.predictor()) {
                loaded.complete(model);
                List<Scoring.Part> batch = new ArrayList<>();
                while (!closing) {
                    batch.add(queue.take());
                    queue.drainTo(batch, maxBatchSize - 1);
                    batch.removeIf(Scoring.Part::abandoned);
                    if (!batch.isEmpty()) {
                        score(predictor, batch);
                    }
                    batch.clear();
                }
            }
            die(new IllegalStateException("the server is stopping"));
        } catch (InterruptedException e) {
            die(new IllegalStateException("the server is stopping", e));
        } catch (Throwable t) {
            if (!loaded.completeExceptionally(t)) {
                LOG.error("the engine can no longer work", t);
            }
            die(t);
        }
    }

    private void score(Predictor predictor, List<Scoring.Part> batch) {
        long start = System.nanoTime();
        try {
            double[][] scores =
                    predictor.scores(batch.stream().map(Scoring.Part::input).toList());
            metrics.scored(batch.size(), System.nanoTime() - start);
            for (int i = 0; i < batch.size(); i++) {
                batch.get(i).answer(scores[i], start);
            }
        } catch (RuntimeException e) {
            if (batch.size() == 1) {
                batch.getFirst().fail(e);
            } else {
                // One bad input must not spoil the answers of its neighbours.
                batch.forEach(part -> score(predictor, List.of(part)));
            }
        } catch (Error e) {
            batch.forEach(part -> part.fail(e));
            throw e;
        }
    }

    private void die(Throwable reason) {
        ended.complete(reason);
        if (!closing) {
            died.complete(reason);
        }
        queue.forEach(part -> part.fail(reason));
    }

    /** Stops after the batch that is being scored; one that takes too long for that ends with the process. */
    @Override
    public void close() {
        closing = true;
        thread.interrupt();
        try {
            thread.join(Duration.ofSeconds(2));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
