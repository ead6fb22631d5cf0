package dev.finetune.trainer.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;

/** Inputs that are made before they are asked for. */
class AheadTest {
    @Test
    void anExampleThatStandsSeveralTimesInABatchIsMadeOnce() {
        Queue<Integer> made = new ConcurrentLinkedQueue<>();
        try (Ahead<String> ahead = new Ahead<>("test", 2, (epoch, example) -> {
            made.add(example);
            return epoch + ":" + example;
        })) {
            ahead.begin(3, List.of(new int[] {1, 0, 1, 1}));

            assertThat(ahead.take(new int[] {1, 0, 1, 1})).containsExactly("3:1", "3:0", "3:1", "3:1");
            assertThat(made).containsExactlyInAnyOrder(0, 1);
        }
    }

    @Test
    void whatKeepsOneFromBeingMadeIsThrownToWhoTakesIt() {
        try (Ahead<String> ahead = new Ahead<>("test", 1, (epoch, example) -> {
            throw new IllegalArgumentException("example " + example);
        })) {
            assertThatThrownBy(() -> ahead.take(new int[] {7}))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("example 7");
        }
    }
}
