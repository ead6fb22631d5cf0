package dev.finetune.trainer.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.api.FailureClass;
import dev.finetune.api.StrategyType;
import dev.finetune.api.run.StageException;
import org.junit.jupiter.api.Test;

class ResolvedHyperparametersTest {
    @Test
    void absentNumbersTakeTheDefaults() {
        ResolvedHyperparameters numbers = ResolvedHyperparameters.of(null);

        assertThat(numbers.strategy()).isEqualTo(StrategyType.Full);
        assertThat(numbers.epochs()).isEqualTo(3);
        assertThat(numbers.examplesPerStep()).isEqualTo(32);
        assertThat(numbers.learningRate()).isEqualTo(5e-5);
        assertThat(numbers.dropout()).isNull();
    }

    @Test
    void featureExtractionTrainsAFreshHeadFaster() {
        assertThat(Fixtures.hyperparameters()
                        .strategy(StrategyType.FeatureExtraction)
                        .resolved()
                        .learningRate())
                .isEqualTo(1e-3);
    }

    @Test
    void aNumberOutOfRangeIsRefusedWithItsFieldPath() {
        assertThatThrownBy(() -> Fixtures.hyperparameters().learningRate("abc").resolved())
                .isInstanceOf(StageException.class)
                .hasMessageContaining("spec.training.hyperparameters.learningRate")
                .hasMessageContaining("\"abc\"")
                .extracting(e -> ((StageException) e).failure())
                .isEqualTo(FailureClass.InvalidSpec);
        assertThatThrownBy(() -> Fixtures.hyperparameters().batchSize(0).resolved())
                .hasMessageContaining("batchSize");
    }
}
