package dev.finetune.trainer.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class LogisticRegressionTest {
    // The expected numbers come from scikit-learn 1.9: LogisticRegression(C=c, tol=1e-12, max_iter=100000) on the same
    // rows.
    private static final double[][] X = new double[60][5];
    private static final int[] Y2 = new int[60];
    private static final int[] Y4 = new int[60];

    static {
        // Rows by a formula that any language can repeat.
        for (int i = 0; i < X.length; i++) {
            for (int f = 0; f < 5; f++) {
                X[i][f] = Math.sin(1.7 * i + 2.3 * f + 0.1 * i * f);
            }
            Y2[i] = X[i][0] + 0.5 * X[i][1] + 0.4 * Math.sin(11.0 * i) > 0 ? 1 : 0;
            Y4[i] = (int) Math.floor((X[i][2] + 0.3 * Math.sin(7.0 * i) + 1.3) / 2.6 * 3.999);
        }
    }

    @Test
    void twoClassesHaveOneRowOfWeights() {
        assertLike(0.01, Y2, 2, new double[][] {
            {0.4912332028, 0.5087667972}, {0.5062780115, 0.4937219885}, {0.4635227468, 0.5364772532}
        });
        assertLike(1, Y2, 2, new double[][] {
            {0.3281995241, 0.6718004759}, {0.5982551545, 0.4017448455}, {0.06259117423, 0.9374088258}
        });
        assertLike(100, Y2, 2, new double[][] {
            {0.1746782426, 0.8253217574}, {0.6452675798, 0.3547324202}, {0.002140333875, 0.9978596661}
        });
    }

    @Test
    void moreClassesHaveARowEach() {
        assertLike(0.01, Y4, 4, new double[][] {
            {0.3031795502, 0.2582128784, 0.208172216, 0.2304353554},
            {0.2942189908, 0.2574914203, 0.2011116742, 0.2471779147},
            {0.2546865417, 0.2438082999, 0.222211931, 0.2792932275}
        });
        assertLike(1, Y4, 4, new double[][] {
            {0.7687964667, 0.1984495717, 0.03066642528, 0.002087536353},
            {0.6133351866, 0.3318958811, 0.03747260492, 0.01729632742},
            {0.05940318823, 0.2171347537, 0.3801283371, 0.3433337209}
        });
        assertLike(100, Y4, 4, new double[][] {
            {0.9780197222, 0.02198017959, 9.82212622e-08, 1.580595773e-18},
            {0.7417438347, 0.2582391406, 1.702467547e-05, 4.462872178e-12},
            {2.150983336e-05, 0.03696543551, 0.9485286212, 0.01448443344}
        });
    }

    /** The probabilities of rows 0, 17 and 42. */
    private static void assertLike(double c, int[] y, int classes, double[][] expected) {
        double[][] got = LogisticRegression.fit(X, y, classes, c, new double[0]).answers(X);
        int[] rows = {0, 17, 42};
        for (int k = 0; k < rows.length; k++) {
            for (int j = 0; j < classes; j++) {
                assertThat(got[rows[k]][j])
                        .as("C=%s row %s class %s", c, rows[k], j)
                        .isCloseTo(expected[k][j], within(2e-6));
            }
        }
    }
}
