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

    /** The point where the largest component of the gradient is below the tolerance, or where no step leads further down. */
    static double[] minimize(Objective objective, double[] start, int iterations, double tolerance) {
        double[] x = start.clone();
        double[] g = new double[x.length];
        double value = objective.at(x, g);
        Deque<Pair> pairs = new ArrayDeque<>();
        for (int k = 0; k < iterations && largest(g) > tolerance; k++) {
            double[] direction = direction(g, pairs);
            double slope = dot(g, direction);
            double step = pairs.isEmpty() ? Math.min(1, 1 / Math.sqrt(dot(g, g))) : 1;
            double low = 0;
            double high = Double.POSITIVE_INFINITY;
            double[] next = x;
            double[] nextG = g;
            double nextValue = value;
            for (int tries = 0; tries < 40; tries++) {
                next = moved(x, direction, step);
                nextG = new double[x.length];
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
            double[] s = minus(next, x);
            double[] y = minus(nextG, g);
            double sy = dot(s, y);
            if (sy > 0) {
                pairs.addLast(new Pair(s, y, 1 / sy));
                if (pairs.size() > MEMORY) {
                    pairs.removeFirst();
                }
            }
            x = next;
            g = nextG;
            value = nextValue;
        }
        return x;
    }

    private static double[] direction(double[] g, Deque<Pair> pairs) {
        double[] q = g.clone();
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
        return q;
    }

    private static double[] moved(double[] x, double[] direction, double step) {
        double[] moved = x.clone();
        add(moved, step, direction);
        return moved;
    }

    private static double[] minus(double[] a, double[] b) {
        double[] difference = a.clone();
        add(difference, -1, b);
        return difference;
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
