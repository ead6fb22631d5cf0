package dev.finetune.trainer.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class OneVsRestTest {
    private static final int[] ROWS = {0, 17, 42};

    /** As many of each kind of row as LogisticRegressionTest has, and its expected numbers, which are scikit-learn's. */
    @Test
    void everyLabelIsALogisticRegressionOfItsOwn() {
        double[][] x = new double[60][5];
        int[][] has = new int[60][];
        for (int i = 0; i < x.length; i++) {
            for (int f = 0; f < 5; f++) {
                x[i][f] = Math.sin(1.7 * i + 2.3 * f + 0.1 * i * f);
            }
            boolean first = x[i][0] + 0.5 * x[i][1] + 0.4 * Math.sin(11.0 * i) > 0;
            // The second label is where the first is not, and the third everywhere.
            has[i] = new int[] {first ? 0 : 1, 2};
        }

        OneVsRest fitted = OneVsRest.fit(x, has, 3, 1, new double[0], true);
        double[][] answers = fitted.answers(x);

        double[] expected = {0.6718004759, 0.4017448455, 0.9374088258};
        for (int k = 0; k < ROWS.length; k++) {
            assertThat(answers[ROWS[k]][0]).isCloseTo(expected[k], within(2e-6));
            assertThat(answers[ROWS[k]][1]).isCloseTo(1 - expected[k], within(2e-6));
            assertThat(answers[ROWS[k]][2]).isGreaterThan(0.99);
        }
    }

    @Test
    void fromItsOwnEndItStaysThere() {
        double[][] x = {{-1}, {-0.5}, {0.25}, {1}};
        int[][] has = {{}, {1}, {0}, {0, 1}};
        OneVsRest fitted = OneVsRest.fit(x, has, 2, 1, new double[0], true);

        OneVsRest again = OneVsRest.fit(x, has, 2, 1, fitted.weights(), true);

        assertThat(again.weights()).hasSize(4);
        assertThat(Arrays.stream(again.answers(x))
                        .flatMapToDouble(Arrays::stream)
                        .toArray())
                .containsExactly(
                        Arrays.stream(fitted.answers(x))
                                .flatMapToDouble(Arrays::stream)
                                .toArray(),
                        within(1e-6));
    }
}
