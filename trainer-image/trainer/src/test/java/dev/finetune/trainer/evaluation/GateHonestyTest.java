package dev.finetune.trainer.evaluation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The fast form of {@link GateSimulation}: equal models, every kind of rule, fixed seeds. */
class GateHonestyTest {
    private static final int COMPARISONS = 200;
    private static final int RESAMPLES = 400;

    /** 5 % of 200, and three standard deviations of that count. */
    private static final int ALLOWED = 10 + 9;

    static List<GateSimulation.World> equalModels() {
        return GateSimulation.equalModels().stream()
                .filter(world -> world.size() <= 500)
                .toList();
    }

    @ParameterizedTest
    @MethodSource("equalModels")
    void equalModelsAreToldApartNoMoreOftenThanTheConfidenceAllows(GateSimulation.World world) {
        List<GateSimulation.Kind> kinds = GateSimulation.kinds();

        int[] wrong = GateSimulation.decisions(world, kinds, COMPARISONS, RESAMPLES, 5);

        for (int k = 0; k < wrong.length; k++) {
            assertThat(wrong[k]).as(kinds.get(k).name()).isLessThanOrEqualTo(ALLOWED);
        }
    }
}
