package dev.finetune.trainer.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

class LbfgsTest {
    private static final int SIZE = 10_000;

    /** Half the sum of {@code (1 + i) (x[i] - i)^2}: badly scaled, so that it takes many iterations. */
    private static double valley(double[] x, double[] gradient) {
        double value = 0;
        for (int i = 0; i < x.length; i++) {
            double off = x[i] - i;
            gradient[i] = (1 + i) * off;
            value += gradient[i] * off / 2;
        }
        return value;
    }

    @Test
    void findsTheBottomInTheMemoryOfAFewPoints() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        int[] calls = {0};

        long before = threads.getCurrentThreadAllocatedBytes();
        double[] found = Lbfgs.minimize(
                (x, gradient) -> {
                    calls[0]++;
                    return valley(x, gradient);
                },
                new double[SIZE],
                2000,
                1e-3);
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;

        assertThat(calls[0]).isGreaterThan(100);
        for (int i = 0; i < SIZE; i += 97) {
            assertThat(found[i]).isCloseTo(i, within(1e-3));
        }
        // Five points, ten pairs of differences, and little beside.
        assertThat(allocated).isLessThan(30L * SIZE * Double.BYTES);
    }
}
