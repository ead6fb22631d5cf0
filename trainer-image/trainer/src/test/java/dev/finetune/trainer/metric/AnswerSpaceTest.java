package dev.finetune.trainer.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.api.Answer;
import dev.finetune.api.FailureClass;
import dev.finetune.api.Metric;
import dev.finetune.api.run.StageException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AnswerSpaceTest {
    private static final String RULE = "spec.evaluation.gate.rules[0].metric";

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "Label | a b | spam | to be one of the labels of the data, 'a', 'b', got 'spam'",
                "Label | a b c | a | to be absent for data with 3 labels ('a', 'b', 'c'), got 'a': it is for two; remove it and judge by f1Macro or by class",
                "Labels | a b | a | to be absent where sets of labels are learned, got 'a': remove it",
                "Tags | B-a I-a O | a | to be absent where tags are learned, got 'a': remove it",
                "Number | score | 1 | to be absent where numbers are learned, got '1': remove it"
            })
    void aPositiveLabelThatCannotBeOneIsToldFromThatOfTwo(
            Answer answer, String labels, String positive, String expected) {
        assertThatThrownBy(() -> AnswerSpace.of(answer, List.of(labels.split(" ")), positive))
                .isInstanceOfSatisfying(
                        StageException.class, e -> assertThat(e.failure()).isEqualTo(FailureClass.InvalidSpec))
                .hasMessage("expected spec.evaluation.positiveLabel " + expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {"balancedAccuracy", "mcc", "ece", "f1", "precision", "recall", "pearson"})
    void whatDoesNotExistForSeveralLabelsIsRefusedInOneSentence(String metric) {
        AnswerSpace labels = AnswerSpace.of(Answer.Labels, List.of("a", "b"), null);

        assertThatThrownBy(() -> labels.metric(RULE, metric))
                .isInstanceOf(StageException.class)
                .hasMessageStartingWith("expected " + RULE + " to be a metric of sets of labels, one of [accuracy, ")
                .hasMessageEndingWith(", got " + metric);
    }

    /** Two labels of which any may hold are not two classes. */
    @Test
    void theAreaUnderTheCurveOfTwoLabelsNeedsNoPositiveOne() {
        AnswerSpace labels = AnswerSpace.of(Answer.Labels, List.of("a", "b"), null);

        assertThat(labels.primary(RULE, "prAuc")).isEqualTo(Metric.prAuc);
    }

    @Test
    void aMetricOfOneClassAsksForThatClass() {
        AnswerSpace labels = AnswerSpace.of(Answer.Label, List.of("a", "b"), null);

        assertThatThrownBy(() -> labels.metric(RULE, "prAuc"))
                .hasMessage("expected spec.evaluation.positiveLabel to be one of 'a', 'b' for prAuc of " + RULE
                        + ", got none: set it, or choose another metric");
    }
}
