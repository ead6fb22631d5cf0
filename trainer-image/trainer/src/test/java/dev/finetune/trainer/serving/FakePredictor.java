package dev.finetune.trainer.serving;

import dev.finetune.trainer.model.Predictor;
import dev.finetune.trainer.transform.Input;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** Calls texts that begin with "spam" spam; a test can hold it inside a batch and see what it was given. */
final class FakePredictor implements Predictor {
    static final String POISON = "poison";
    static final String FATAL = "fatal";

    final List<List<String>> batches = new CopyOnWriteArrayList<>();
    private final BlockingQueue<List<String>> begun = new LinkedBlockingQueue<>();
    private final Semaphore gate = new Semaphore(Integer.MAX_VALUE / 2);
    volatile boolean closed;

    /** From now on every batch waits for {@link #release}. */
    void hold() {
        gate.drainPermits();
    }

    void release(int batches) {
        gate.release(batches);
    }

    /** The next batch that reached the engine. */
    List<String> awaitBatch() throws InterruptedException {
        List<String> batch = begun.poll(10, TimeUnit.SECONDS);
        if (batch == null) {
            throw new AssertionError("no batch reached the engine");
        }
        return batch;
    }

    @Override
    public List<String> labels() {
        return List.of("ham", "spam");
    }

    @Override
    public double[][] scores(List<? extends Input> inputs) {
        List<String> texts = inputs.stream().map(Input::toString).toList();
        batches.add(List.copyOf(texts));
        begun.add(List.copyOf(texts));
        try {
            gate.acquire();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        if (texts.contains(FATAL)) {
            throw new OutOfMemoryError("a test's");
        }
        if (texts.contains(POISON)) {
            throw new IllegalArgumentException("a test's");
        }
        return texts.stream()
                .map(t -> t.startsWith("spam") ? new double[] {0.25, 0.75} : new double[] {0.875, 0.125})
                .toArray(double[][]::new);
    }

    @Override
    public void close() {
        closed = true;
    }
}
