package dev.finetune.trainer.training;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.api.Json;
import org.junit.jupiter.api.Test;

class SelectionTest {
    @Test
    void tiesGoToTheEarlierStep() {
        Selection selection = Selection.start("f1Macro", true, null, 0)
                .after(10, 0, 0.8)
                .after(20, 1, 0.8)
                .after(30, 2, 0.7);

        assertThat(selection.step()).isEqualTo(10);
        assertThat(selection.exhausted()).isFalse();
    }

    @Test
    void aLossIsBetterWhenItIsLower() {
        Selection selection =
                Selection.start("loss", false, null, 0).after(10, 0, 0.8).after(20, 1, 0.3);

        assertThat(selection.value()).isEqualTo(0.3);
        assertThat(selection.isBest(20)).isTrue();
    }

    @Test
    void patienceCountsValidationsWithoutAGainOfMoreThanMinDelta() {
        Selection selection = Selection.start("accuracy", true, 2, 0.05)
                .after(10, 0, 0.80)
                .after(20, 1, 0.84)
                .after(30, 2, 0.85);

        assertThat(selection.exhausted()).isTrue();
        assertThat(selection.value()).isEqualTo(0.85);
    }

    @Test
    void aSlowClimbStillResetsPatience() {
        Selection selection = Selection.start("accuracy", true, 2, 0.05)
                .after(10, 0, 0.80)
                .after(20, 1, 0.84)
                .after(30, 2, 0.86);

        assertThat(selection.exhausted()).isFalse();
    }

    @Test
    void survivesACheckpointBeforeTheFirstValidation() throws Exception {
        Selection selection = Selection.start("loss", false, 2, 0.05);

        assertThat(Json.MAPPER.readValue(Json.write(selection), Selection.class))
                .isEqualTo(selection);
    }
}
