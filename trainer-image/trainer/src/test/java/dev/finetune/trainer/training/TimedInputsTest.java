package dev.finetune.trainer.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import dev.finetune.trainer.engine.TorchEngine;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** How much of training was waiting for data. */
class TimedInputsTest {
    @Test
    void theTimeOfEveryBatchCountsOnce() {
        Slow slow = new Slow();
        TimedInputs<Integer> timed = new TimedInputs<>(slow);
        try (NDManager scope = TorchEngine.start().newScope()) {
            timed.batch(scope, new int[] {0, 1});
            timed.batch(scope, new int[] {1});
        }

        double waited = timed.waited();

        assertThat(waited).isGreaterThanOrEqualTo(slow.spent / 1e9);
        assertThat(timed.waited()).isZero();
        assertThat(timed.size()).isEqualTo(2);
        timed.ahead(3, List.of(new int[] {1}));
        assertThat(slow.announced).containsExactly(3);
        timed.begin(7, new int[] {0, 1});
        assertThat(timed.mixed()).contains(slow.mixed);
        assertThat(slow.announced).containsExactly(3, 7);
    }

    @Test
    void theShareIsOfTheStepsWithoutTheCheckpointsBetweenThem() {
        assertThat(new History.StepTime(1, 2, 6, 1, 90).dataShare()).isCloseTo(0.1, within(1e-12));
        assertThat(History.StepTime.NONE.dataShare()).isZero();
    }

    /** Each batch takes its time, by work and not by sleep. */
    private static final class Slow implements ModelInputs<Integer> {
        private long spent;
        private final List<Integer> announced = new ArrayList<>();
        private final Mixed mixed = new Mixed(0.5, new int[] {1});

        @Override
        public List<String> ids() {
            return List.of("a", "b");
        }

        @Override
        public int[] lengths() {
            return new int[] {1, 1};
        }

        @Override
        public Integer batch(NDManager scope, int[] examples) {
            long start = System.nanoTime();
            long now = start;
            while (now < start + 2_000_000) {
                now = System.nanoTime();
            }
            spent += now - start;
            return examples.length;
        }

        @Override
        public void ahead(int epoch, List<int[]> batches) {
            announced.add(epoch);
        }

        @Override
        public void begin(long step, int[] examples) {
            announced.add((int) step);
        }

        @Override
        public Optional<Mixed> mixed() {
            return Optional.of(mixed);
        }
    }
}
