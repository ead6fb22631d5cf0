package dev.finetune.trainer.serving;

import dev.finetune.trainer.transform.Input;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

/** The inputs of one request on their way through the engine; they may be scored in several batches, beside those of others. */
final class Scoring {
    private final List<Part> parts = new ArrayList<>();
    private final double[][] scores;
    private final AtomicInteger missing;
    private final CompletableFuture<double[][]> answer = new CompletableFuture<>();
    private final long submitted = System.nanoTime();
    private volatile long firstStart;

    Scoring(List<? extends Input> inputs) {
        scores = new double[inputs.size()][];
        missing = new AtomicInteger(inputs.size());
        for (int i = 0; i < inputs.size(); i++) {
            parts.add(new Part(i, inputs.get(i)));
        }
    }

    List<Part> parts() {
        return parts;
    }

    /** The scores of all inputs, in their order. */
    CompletableFuture<double[][]> answer() {
        return answer;
    }

    /** Nobody waits any more: what is not scored yet is skipped. */
    void abandon() {
        answer.cancel(false);
    }

    void fail(Throwable reason) {
        answer.completeExceptionally(reason);
    }

    long submittedNanos() {
        return submitted;
    }

    /** How long it stood in line before the engine took its first text. */
    long queuedNanos() {
        return Math.max(0, firstStart - submitted);
    }

    /** One input of the request. */
    final class Part {
        private final int index;
        private final Input input;

        private Part(int index, Input input) {
            this.index = index;
            this.input = input;
        }

        Input input() {
            return input;
        }

        boolean abandoned() {
            return answer.isDone();
        }

        void answer(double[] row, long start) {
            if (index == 0) {
                firstStart = start;
            }
            scores[index] = row;
            if (missing.decrementAndGet() == 0) {
                answer.complete(scores);
            }
        }

        void fail(Throwable reason) {
            Scoring.this.fail(reason);
        }
    }
}
