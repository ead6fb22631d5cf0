package dev.finetune.trainer.metric;

import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * Labels that are probably wrong, by confident learning (Northcutt, Jiang, Chuang: "Confident Learning: Estimating Uncertainty in
 * Dataset Labels", JAIR 70, 2021), pruned by noise rate: from how often examples with one label are confidently taken for another follows
 * how many labels of each kind are wrong, and it is those with the largest margin.
 */
public final class LabelIssues {
    /** Of a probability that equals its threshold but for rounding. */
    private static final double ROUNDING = 1e-6;

    private final int[] labels;
    private final double[][] probabilities;
    private final int classes;

    private LabelIssues(int[] labels, double[][] probabilities) {
        this.labels = labels;
        this.probabilities = probabilities;
        this.classes = probabilities[0].length;
    }

    /**
     * The examples whose label is probably wrong, the least likely label first.
     *
     * @param labels the given label of each example
     * @param probabilities {@code [examples][classes]}, each row from a model that was not fitted to that example
     */
    public static int[] find(int[] labels, double[][] probabilities) {
        return labels.length == 0 ? new int[0] : new LabelIssues(labels, probabilities).find();
    }

    private int[] find() {
        int[][] joint = confidentJoint();
        BitSet wrong = new BitSet();
        for (int given = 0; given < classes; given++) {
            int label = given;
            int[] members = IntStream.range(0, labels.length)
                    .filter(i -> labels[i] == label)
                    .toArray();
            int[] expected = shares(joint[given], members.length);
            for (int other = 0; other < classes; other++) {
                if (other != given) {
                    mark(wrong, members, given, other, expected[other]);
                }
            }
        }
        return wrong.stream()
                .filter(i -> Decisions.best(probabilities[i]) != labels[i])
                .boxed()
                .sorted(Comparator.comparingDouble(i -> probabilities[i][labels[i]]))
                .mapToInt(Integer::intValue)
                .toArray();
    }

    private void mark(BitSet wrong, int[] members, int given, int other, int count) {
        Arrays.stream(members)
                .boxed()
                .sorted(Comparator.comparingDouble(i -> probabilities[i][given] - probabilities[i][other]))
                .limit(count)
                .forEach(wrong::set);
    }

    /** {@code [given][likely]}: examples that are at least as probably of a class as the examples of that class are on average. */
    private int[][] confidentJoint() {
        double[] thresholds = thresholds();
        int[][] joint = new int[classes][classes];
        for (int i = 0; i < labels.length; i++) {
            double[] row = probabilities[i];
            int[] likely = IntStream.range(0, classes)
                    .filter(k -> row[k] >= thresholds[k] - ROUNDING)
                    .toArray();
            if (likely.length > 0) {
                joint[labels[i]][likely.length == 1 ? likely[0] : Decisions.best(row)]++;
            }
        }
        for (int k = 0; k < classes; k++) {
            joint[k][k] = Math.max(1, joint[k][k]);
        }
        return joint;
    }

    private double[] thresholds() {
        double[] sums = new double[classes];
        int[] counts = new int[classes];
        for (int i = 0; i < labels.length; i++) {
            sums[labels[i]] += probabilities[i][labels[i]];
            counts[labels[i]]++;
        }
        for (int k = 0; k < classes; k++) {
            sums[k] = counts[k] == 0 ? Double.POSITIVE_INFINITY : sums[k] / counts[k];
        }
        return sums;
    }

    /** A row of counts scaled to that sum, in whole numbers: what is left over goes to the largest remainders. */
    private static int[] shares(int[] row, int sum) {
        double total = Arrays.stream(row).sum();
        double[] exact = Arrays.stream(row).mapToDouble(n -> n / total * sum).toArray();
        int[] whole = Arrays.stream(exact).mapToInt(n -> (int) n).toArray();
        IntStream.range(0, row.length)
                .boxed()
                .sorted(Comparator.comparingDouble(k -> whole[k] - exact[k]))
                .limit(sum - Arrays.stream(whole).sum())
                .forEach(k -> whole[k]++);
        return whole;
    }
}
