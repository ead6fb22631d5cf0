package dev.finetune.trainer.training;

import ai.djl.ndarray.NDArray;
import dev.finetune.trainer.engine.OptimizerStep;
import dev.finetune.trainer.engine.Parameter;
import dev.finetune.trainer.engine.RawTensor;
import dev.finetune.trainer.engine.SafetensorsWriter;
import java.lang.foreign.Arena;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * Copies weights and moments on the training thread and writes them on its own, one after the other in the order they were asked for.
 * At most one copy waits: a disk that is slower than training slows it down instead of filling memory.
 */
final class CheckpointWriter implements AutoCloseable {
    static final String WEIGHTS = "weights.safetensors";
    static final String MOMENTS = "moments.safetensors";

    private final CheckpointStore store;
    private final Learner learner;
    private final OptimizerStep optimizer;
    private final ExecutorService thread = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().name("checkpoints").daemon().factory());
    private @Nullable Future<?> pending;
    private CheckpointState.@Nullable BestWeights best;

    CheckpointWriter(
            CheckpointStore store,
            Learner learner,
            OptimizerStep optimizer,
            CheckpointState.@Nullable BestWeights best) {
        this.store = store;
        this.learner = learner;
        this.optimizer = optimizer;
        this.best = best;
    }

    /** Keeps the weights of this moment as the best ones. */
    void saveBest(long step) {
        flush();
        Arena memory = memory();
        SortedMap<String, RawTensor> weights = RawTensor.copyOf(weights(), memory);
        submit(memory, () -> best = store.saveBest(step, p -> SafetensorsWriter.write(p, weights)));
    }

    /** Keeps all that is needed to go on from this moment. */
    void save(CheckpointState state) {
        flush();
        Arena memory = memory();
        SortedMap<String, RawTensor> weights = RawTensor.copyOf(weights(), memory);
        SortedMap<String, RawTensor> moments = RawTensor.copyOf(optimizer.state(), memory);
        submit(
                memory,
                () -> store.save(
                        state.with(best),
                        Map.of(
                                WEIGHTS, p -> SafetensorsWriter.write(p, weights),
                                MOMENTS, p -> SafetensorsWriter.write(p, moments))));
    }

    /** Closed by the task that writes what lies in it. */
    @SuppressWarnings("MustBeClosedChecker")
    private static Arena memory() {
        return Arena.ofShared();
    }

    private void submit(Arena memory, Runnable writing) {
        pending = thread.submit(() -> {
            try (memory) {
                writing.run();
            }
        });
    }

    /** Waits until everything is written; throws what writing threw. */
    void flush() {
        Future<?> last = pending;
        pending = null;
        if (last == null) {
            return;
        }
        try {
            last.get();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while a checkpoint was written", e);
        }
    }

    /** The best weights written so far. */
    CheckpointState.@Nullable BestWeights best() {
        flush();
        return best;
    }

    private SortedMap<String, NDArray> weights() {
        SortedMap<String, NDArray> weights = new TreeMap<>();
        for (Parameter parameter : learner.state()) {
            weights.put(parameter.name(), parameter.array());
        }
        return weights;
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
