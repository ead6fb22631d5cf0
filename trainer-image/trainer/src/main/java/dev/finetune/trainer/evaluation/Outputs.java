package dev.finetune.trainer.evaluation;

import dev.finetune.trainer.metric.Decisions;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What one model said about each example of a test set. A decision is an index in the test set's labels, or how many they are where the
 * model answered with a label of its own; where there may be several labels it is the number of a set. Scores exist only where the model knows exactly these labels; they may be predicted numbers,
 * one per example.
 */
final class Outputs {
    private final int[] decisions;
    private final double @Nullable [][] probabilities;

    private Outputs(int[] decisions, double @Nullable [][] probabilities) {
        this.decisions = decisions;
        this.probabilities = probabilities;
    }

    static Outputs ofScores(double[][] probabilities) {
        return new Outputs(Decisions.of(probabilities), probabilities);
    }

    /** Decisions and the scores that they were made by. */
    static Outputs of(int[] decisions, double[][] probabilities) {
        return new Outputs(decisions, probabilities);
    }

    static Outputs ofDecisions(int[] decisions) {
        return new Outputs(decisions, null);
    }

    int decision(int example) {
        return decisions[example];
    }

    int[] decisions() {
        return decisions;
    }

    /** The predicted number. */
    double number(int example) {
        return probabilities().orElseThrow()[example][0];
    }

    Optional<double[][]> probabilities() {
        return Optional.ofNullable(probabilities);
    }

    Outputs select(int[] examples) {
        double[][] all = probabilities;
        return new Outputs(
                Arrays.stream(examples).map(i -> decisions[i]).toArray(),
                all == null
                        ? null
                        : Arrays.stream(examples).mapToObj(i -> all[i]).toArray(double[][]::new));
    }
}
