package dev.finetune.trainer.training;

/** From scores to probabilities and their loss, in double precision. */
final class Probabilities {
    private Probabilities() {}

    /** The mean negative log likelihood of the labels. */
    static double loss(double[][] probabilities, int[] labels) {
        double sum = 0;
        for (int i = 0; i < labels.length; i++) {
            sum -= Math.log(Math.max(probabilities[i][labels[i]], Double.MIN_NORMAL));
        }
        return sum / labels.length;
    }

    /** The probabilities of a row of logits. */
    static double[] softmax(float[] logits, int from, int classes) {
        double max = Double.NEGATIVE_INFINITY;
        for (int c = 0; c < classes; c++) {
            max = Math.max(max, logits[from + c]);
        }
        double sum = 0;
        double[] p = new double[classes];
        for (int c = 0; c < classes; c++) {
            p[c] = Math.exp(logits[from + c] - max);
            sum += p[c];
        }
        for (int c = 0; c < classes; c++) {
            p[c] /= sum;
        }
        return p;
    }
}
