package dev.finetune.trainer.metric;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ThresholdTest {
    private final LabelSets sets = new LabelSets(2);

    @Test
    void theDefaultStaysWhereItPartsRightFromWrongAsWellAsAny() {
        double[][] scores = {{0.9, 0.2}, {0.7, 0.1}, {0.3, 0.8}};

        assertThat(Threshold.best(sets, truth(0, 0, 1), scores)).isEqualTo(Threshold.DEFAULT);
    }

    @Test
    void itIsFoundBetweenTheScoresThatItParts() {
        double[][] scores = {{0.2, 0.05}, {0.15, 0.1}, {0.05, 0.25}};

        double threshold = Threshold.best(sets, truth(0, 0, 1), scores);

        assertThat(threshold).isEqualTo(0.125);
        assertThat(sets.decisions(scores, threshold)).isEqualTo(truth(0, 0, 1));
    }

    @Test
    void ofEquallyGoodOnesTheNearestToTheDefaultIsTaken() {
        // One hit of one given, or two of four: micro F1 is 2/3 above 0.8 and up to 0.6, and less between.
        double[][] scores = {{0.9, 0.8}, {0.7, 0.6}};

        assertThat(Threshold.best(sets, truth(0, 1), scores)).isEqualTo(Threshold.DEFAULT);
    }

    @Test
    void whereNoExampleHasALabelThereIsNothingToChooseBy() {
        double[][] scores = {{0.9, 0.2}, {0.4, 0.1}};

        assertThat(Threshold.best(sets, new int[] {sets.number(), sets.number()}, scores))
                .isEqualTo(Threshold.DEFAULT);
    }

    @Test
    void scoresNextToEachOtherArePartedToo() {
        double low = 0.25;
        double high = Math.nextUp(low);
        double[][] scores = {{high, low}, {low, 0}};

        double threshold = Threshold.best(sets, new int[] {sets.number(0), sets.number()}, scores);

        assertThat(threshold).isEqualTo(high);
    }

    private int[] truth(int... labels) {
        int[] truth = new int[labels.length];
        for (int i = 0; i < labels.length; i++) {
            truth[i] = sets.number(labels[i]);
        }
        return truth;
    }
}
