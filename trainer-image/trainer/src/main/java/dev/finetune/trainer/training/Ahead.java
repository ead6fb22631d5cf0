package dev.finetune.trainer.training;

import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;

/**
 * Inputs that are made on several threads, ahead of the step that takes them: in memory are those of the batch at hand and of as many to
 * come. How one is made depends on its epoch and its place alone, so neither threads nor a resume change it. For use by one thread.
 */
final class Ahead<T> implements AutoCloseable {
    /** Makes the input of an example in an epoch; called by several threads. */
    interface Maker<T> {
        T make(int epoch, int example);
    }

    private final Maker<T> maker;
    private final ExecutorService threads;
    private final Map<Integer, Future<T>> coming = new HashMap<>();
    private Iterator<Integer> next = Collections.emptyIterator();
    private int epoch;

    Ahead(String name, int threads, Maker<T> maker) {
        this.maker = maker;
        this.threads = Executors.newFixedThreadPool(
                threads, Thread.ofPlatform().name(name + "-", 0).daemon().factory());
    }

    /** Says which batches of an epoch will be asked for next, in this order. */
    void begin(int newEpoch, List<int[]> batches) {
        coming.values().forEach(input -> input.cancel(true));
        coming.clear();
        epoch = newEpoch;
        next = batches.stream().flatMapToInt(IntStream::of).iterator();
    }

    /** The inputs of these examples, in their order. */
    List<T> take(int[] examples) {
        while (next.hasNext() && coming.size() < 2 * examples.length) {
            begin(next.next());
        }
        for (int example : examples) {
            begin(example);
        }
        // One that stands twice in a batch is made once.
        Map<Integer, T> made = new HashMap<>();
        return IntStream.of(examples)
                .mapToObj(e -> made.computeIfAbsent(e, this::finished))
                .toList();
    }

    private void begin(int example) {
        int ofEpoch = epoch;
        coming.computeIfAbsent(example, e -> threads.submit(() -> maker.make(ofEpoch, e)));
    }

    private T finished(int example) {
        try {
            return Objects.requireNonNull(coming.remove(example)).get();
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case RuntimeException cause -> throw cause;
                case Error cause -> throw cause;
                case null, default -> throw new IllegalStateException(e);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while an input was made", e);
        }
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
