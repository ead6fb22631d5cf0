package dev.finetune.trainer.training;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;

/** Limited-memory BFGS (Nocedal and Wright, Numerical Optimization, algorithms 7.4 and 3.5 with bisection) for smooth convex functions. */
final class Lbfgs {
    private static final int MEMORY = 10;
    private static final double SUFFICIENT = 1e-4;
    private static final double CURVATURE = 0.9;

    /** A function and its gradient. */
    interface Objective {
        /** The value at a point; the gradient is written to the second array. */
        double at(double[] point, double[] gradient);
    }

    private record Pair(double[] s, double[] y, double rho) {}

    private Lbfgs() {}

    /**
     * The point where the largest component of the gradient is below the tolerance, or where no step leads further down. Its arrays are
     * made once: of thousands of iterations each would otherwise leave some megabytes for the garbage collector, and the heap would grow.
     */
    static double[] minimize(Objective objective, double[] start, int iterations, double tolerance) {
        int size = start.length;
        double[] x = start.clone();
        double[] g = new double[size];
        double[] next = new double[size];
        double[] nextG = new double[size];
        double[] direction = new double[size];
        double value = objective.at(x, g);
        Deque<Pair> pairs = new ArrayDeque<>();
        for (int k = 0; k < iterations && largest(g) > tolerance; k++) {
            direct(direction, g, pairs);
            double slope = dot(g, direction);
            double step = pairs.isEmpty() ? Math.min(1, 1 / Math.sqrt(dot(g, g))) : 1;
            double low = 0;
            double high = Double.POSITIVE_INFINITY;
            double nextValue = value;
            for (int tries = 0; tries < 40; tries++) {
                combine(next, x, step, direction);
                nextValue = objective.at(next, nextG);
                if (!(nextValue <= value + SUFFICIENT * step * slope)) {
                    high = step;
                } else if (dot(nextG, direction) < CURVATURE * slope) {
                    low = step;
                } else {
                    break;
                }
                step = Double.isInfinite(high) ? step * 2 : (low + high) / 2;
            }
            if (!(nextValue < value)) {
                return x;
            }
            remember(pairs, next, x, nextG, g);
            double[] before = x;
            x = next;
            next = before;
            before = g;
            g = nextG;
            nextG = before;
            value = nextValue;
        }
        return x;
    }

    /** Takes a pair of the differences up, in the place of the oldest where there is no room. */
    private static void remember(Deque<Pair> pairs, double[] next, double[] x, double[] nextG, double[] g) {
        double sy = 0;
        for (int i = 0; i < x.length; i++) {
            sy += (next[i] - x[i]) * (nextG[i] - g[i]);
        }
        if (!(sy > 0)) {
            return;
        }
        Pair place =
                pairs.size() < MEMORY ? new Pair(new double[x.length], new double[x.length], 0) : pairs.removeFirst();
        combine(place.s(), next, -1, x);
        combine(place.y(), nextG, -1, g);
        pairs.addLast(new Pair(place.s(), place.y(), 1 / sy));
    }

    private static void direct(double[] q, double[] g, Deque<Pair> pairs) {
        System.arraycopy(g, 0, q, 0, g.length);
        double[] alphas = new double[pairs.size()];
        int at = pairs.size();
        for (Iterator<Pair> newestFirst = pairs.descendingIterator(); newestFirst.hasNext(); ) {
            Pair pair = newestFirst.next();
            alphas[--at] = pair.rho() * dot(pair.s(), q);
            add(q, -alphas[at], pair.y());
        }
        double scale = pairs.isEmpty()
                ? 1
                : 1
                        / (pairs.getLast().rho()
                                * dot(pairs.getLast().y(), pairs.getLast().y()));
        for (int i = 0; i < q.length; i++) {
            q[i] *= scale;
        }
        for (Pair pair : pairs) {
            add(q, alphas[at++] - pair.rho() * dot(pair.y(), q), pair.s());
        }
        for (int i = 0; i < q.length; i++) {
            q[i] = -q[i];
        }
    }

    /** {@code to = a + factor b}. */
    private static void combine(double[] to, double[] a, double factor, double[] b) {
        for (int i = 0; i < to.length; i++) {
            to[i] = a[i] + factor * b[i];
        }
    }

    private static void add(double[] to, double factor, double[] values) {
        for (int i = 0; i < to.length; i++) {
            to[i] += factor * values[i];
        }
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }

    private static double largest(double[] g) {
        double largest = 0;
        for (double each : g) {
            largest = Math.max(largest, Math.abs(each));
        }
        return largest;
    }
}
