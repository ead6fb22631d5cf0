package dev.finetune.trainer.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.api.Scheduler;
import org.junit.jupiter.api.Test;

class ScheduleTest {
    @Test
    void warmsUpFromZeroThenFallsToZeroAfterTheLastStep() {
        Schedule linear = new Schedule(Scheduler.Linear, 1.0, 10, 2);

        assertThat(linear.rate(0)).isZero();
        assertThat(linear.rate(1)).isEqualTo(0.5);
        assertThat(linear.rate(2)).isEqualTo(1.0);
        assertThat(linear.rate(6)).isEqualTo(0.5);
        assertThat(linear.rate(9)).isCloseTo(0.125, within(1e-12));
        assertThat(linear.rate(10)).isZero();
    }

    @Test
    void cosineIsHalfWayDownInTheMiddle() {
        Schedule cosine = new Schedule(Scheduler.Cosine, 2.0, 10, 0);

        assertThat(cosine.rate(0)).isEqualTo(2.0);
        assertThat(cosine.rate(5)).isCloseTo(1.0, within(1e-12));
        assertThat(cosine.rate(10)).isCloseTo(0.0, within(1e-12));
    }

    @Test
    void constantStaysAfterWarmUp() {
        Schedule constant = new Schedule(Scheduler.Constant, 3.0, 10, 3);

        assertThat(constant.rate(1)).isEqualTo(1.0);
        assertThat(constant.rate(3)).isEqualTo(3.0);
        assertThat(constant.rate(9)).isEqualTo(3.0);
    }

    @Test
    void warmUpTakesTheCeilingOfItsShare() {
        ResolvedHyperparameters numbers =
                Fixtures.hyperparameters().warmupRatio("0.06").resolved();

        assertThat(Schedule.of(numbers, 114).warmupSteps()).isEqualTo(7);
    }
}
